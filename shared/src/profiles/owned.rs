//! The table to which records belong: a database with its profiles, or a collection with its subprofiles.

use crate::id::{ImportId, OwnerId};
use crate::schema::{Collection, Field, FieldOwner, Schema};
use crate::store::keys::RecordKind;

/// A database, or a collection of the database.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'s> {
    /// The database with its parts.
    pub schema: &'s Schema,
    /// The collection, or `None` for the profiles of the database.
    pub collection: Option<&'s Collection>,
}

impl<'s> Owned<'s> {
    /// The profiles of a database.
    pub fn profiles(schema: &'s Schema) -> Self {
        Self { schema, collection: None }
    }

    /// The subprofiles of a collection.
    pub fn subprofiles(schema: &'s Schema, collection: &'s Collection) -> Self {
        Self { schema, collection: Some(collection) }
    }

    /// The kind of the records.
    pub fn kind(self) -> RecordKind {
        if self.collection.is_some() { RecordKind::Subprofile } else { RecordKind::Profile }
    }

    /// The id of the database or of the collection, which each of its records has.
    pub fn id(self) -> OwnerId {
        self.collection.map_or(self.schema.database.id, |collection| collection.id)
    }

    /// The number of the records that people make.
    pub fn hand(self) -> ImportId {
        self.collection.map_or(self.schema.database.hand, |collection| collection.hand)
    }

    /// The fields of the records, in the order of the schema.
    pub fn fields(self) -> impl Iterator<Item = &'s Field> {
        let owner = self.collection.map_or(FieldOwner::Database, |collection| FieldOwner::Collection(collection.id));
        self.schema.fields(owner)
    }
}
