//! The parts of the description that the doors share: headers and sets of answers, the key of a repeated request, and the
//! shapes of bodies.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema};
use utoipa::openapi::{Components, Header, HeaderBuilder, Ref, RefOr, Required, Response, Type};

/// The name of the component for the header `Retry-After`.
const RETRY_AFTER: &str = "RetryAfter";

/// A schema of this type and no further rule.
pub fn plain(kind: Type) -> Object {
    Object::with_type(kind)
}

/// Adds the headers that answers of several doors have.
pub fn add_components(components: &mut Components) {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    let retry: Header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("The number of seconds after which to ask again"))
        .build();
    components.headers.insert(RETRY_AFTER.to_owned(), RefOr::T(retry));
}

/// A reference to the header `Retry-After`.
pub fn retry_after() -> Ref {
    Ref::new(format!("#/components/headers/{RETRY_AFTER}"))
}

/// The header `Idempotency-Key` of a request that creates something.
pub fn idempotency_key() -> Parameter {
    // Printable letters, of which the first and the last are no blanks.
    let key = ObjectBuilder::new().schema_type(Type::String).max_length(Some(255));
    let key = key.pattern(Some("^[!-~]([ -~]*[!-~])?$")).build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Makes a repeated request have the effect of one request: at most 255 printable letters, chosen by the client \
             and kept for 180 days for the user of the token. The same key with another content is refused \
             with 422, and below `/api/v2` with 400",
        ))
        .schema(Some(key))
        .build()
}

/// An answer that operations may give: the name of the component, the status, and the reason in words.
pub type Told = (&'static str, u16, &'static str);

/// References to the components of answers, by status.
pub fn responses<const N: usize>(told: [Told; N]) -> BTreeMap<String, RefOr<Response>> {
    let one = |(name, status, _): Told| (status.to_string(), RefOr::Ref(Ref::from_response_name(name)));
    told.into_iter().map(one).collect()
}

/// Gives names to sets of answers, which operations list by name.
macro_rules! answer_sets {
    ($($set:ident: [$($told:ident),+]),+ $(,)?) => {$(
        impl utoipa::IntoResponses for $set {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::openapi::shared::responses([$($told),+])
            }
        }
    )+};
}

pub(crate) use answer_sets;

/// Schemas by name, as they are collected for the document.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// The shape of a body: the name of its schema, and the function that collects the schemas to which the name leads.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    name: fn() -> Cow<'static, str>,
    collect: fn(&mut Schemas),
}

/// The shape of the bodies which a type describes.
pub const fn shape<T: ToSchema>() -> Shape {
    fn collect<T: ToSchema>(schemas: &mut Schemas) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
    Shape { name: T::name, collect: collect::<T> }
}

/// The shape of bodies which a type with a parameter describes. The name is made of both names, as in members of other types.
pub const fn shape_of<Of: ToSchema, T: ToSchema>() -> Shape {
    fn name<Of: ToSchema, T: ToSchema>() -> Cow<'static, str> {
        Cow::Owned(format!("{}_{}", Of::name(), T::name()))
    }
    fn collect<Of: ToSchema, T: ToSchema>(schemas: &mut Schemas) {
        schemas.push((name::<Of, T>().into_owned(), Of::schema()));
        schemas.push((T::name().into_owned(), T::schema()));
        Of::schemas(schemas);
    }
    Shape { name: name::<Of, T>, collect: collect::<Of, T> }
}

impl Shape {
    /// A reference to the schema.
    pub fn reference(self) -> Ref {
        Ref::from_schema_name((self.name)())
    }

    /// Collects the schema with those to which the schema leads.
    pub fn collect(self, schemas: &mut Schemas) {
        (self.collect)(schemas);
    }
}
