//! The operations of the door: a method on a path, with the description for the OpenAPI document.
//!
//! [`super::routes`] matches on the operations below each resource without a catch-all, so an operation without a handler
//! does not compile, and a handler without a described operation cannot be reached. Only the document asks for the
//! descriptions, so the shapes of bodies are not linked into the function.

use utoipa::openapi::path::{HttpMethod, Operation};

use super::describe::{Described, changes, changes_or_makes, lists, lists_ids, lists_records, makes, removes, shows};
use super::error::CopernicaError;
use super::request::Verb;
use crate::openapi::copernica::{
    CollectionFields, CollectionShown, ConditionFields, DatabaseFields, DatabaseShown, FieldFields, FieldShown,
    IdentityShown, ImportFields, ImportShown, InterestFields, InterestShown, InterestsGiven, ProfileFields,
    ProfileShown, ProfilesToDelete, RuleFields, RuleShown, SubprofileShown, Values, ViewFields, ViewShown, http_method,
};

/// An operation with its methods and its path behind `/v3`, for example `/database/{id}/fields`.
pub struct Offered<T> {
    /// The operation.
    pub operation: T,
    /// The methods, of which each has a description of its own.
    pub verbs: &'static [Verb],
    /// The path of the resource, for example `/database/{id}`; empty for the first parts of paths.
    pub below: &'static str,
    /// The rest of the path, for example `/fields`; empty for the resource itself.
    pub path: &'static str,
}

/// The operations below a resource.
pub trait Operations: Copy + 'static {
    /// Every operation.
    const ALL: &'static [Offered<Self>];

    /// The description of the operation.
    fn described(self) -> Described;

    /// The operation with this word behind the resource. A POST without an operation is a PUT, and the reverse; lists of
    /// records take each method by itself.
    fn find(word: Option<&str>, verb: Verb) -> Result<Self, CopernicaError> {
        let of = |verb: Verb| {
            let offered = Self::ALL.iter().find(|offered| {
                let first = offered.path.split('/').nth(1);
                first == word && offered.verbs.contains(&verb)
            });
            offered.map(|offered| offered.operation)
        };
        let other = match verb {
            _ if matches!(word, Some("profiles" | "subprofiles")) => None,
            Verb::Post => Some(Verb::Put),
            Verb::Put => Some(Verb::Post),
            Verb::Get | Verb::Delete => None,
        };
        of(verb).or_else(|| other.and_then(of)).ok_or_else(CopernicaError::invalid_method)
    }
}

/// Lists the operations below a resource, each with its methods, its path and its description.
macro_rules! operations {
    (
        $(#[$about:meta])*
        $name:ident below $below:literal {
            $($operation:ident: $($verb:ident)|+ $path:literal => $described:expr,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($operation,)+
        }

        impl Operations for $name {
            const ALL: &'static [Offered<Self>] = &[$(Offered {
                operation: Self::$operation,
                verbs: &[$(Verb::$verb),+],
                below: $below,
                path: $path,
            }),+];

            fn described(self) -> Described {
                match self {
                    $(Self::$operation => $described,)+
                }
            }
        }
    };
}

operations! {
    /// The operations on lists of the account.
    OfAccount below "" {
        Identity: Get "/identity" => shows::<IdentityShown>("Shows the account of the token"),
        ListDatabases: Get "/databases" => lists::<DatabaseShown>("Lists databases"),
        CreateDatabase: Post "/databases" => makes("Makes a database").takes::<DatabaseFields>(),
        ListImports: Get "/imports" => lists::<ImportShown>("Lists imports of profiles, the newest first"),
        CreateImport: Post|Put "/imports" => makes("Imports profiles").takes::<ImportFields>().once(),
    }
}

operations! {
    /// The operations on a database.
    OfDatabase below "/database/{id}" {
        Show: Get "" => shows::<DatabaseShown>("Shows a database"),
        Update: Put "" => changes("Changes a database").takes::<DatabaseFields>(),
        Delete: Delete "" => removes("Deletes a database with its profiles"),
        Fields: Get "/fields" => lists::<FieldShown>("Lists the fields of profiles"),
        CreateField: Post "/fields" => makes("Makes a field of profiles").takes::<FieldFields>(),
        UpdateField: Put "/field/{field}" => changes("Changes a field of profiles").takes::<FieldFields>(),
        DeleteField: Delete "/field/{field}" => removes("Deletes a field of profiles"),
        Collections: Get "/collections" => lists::<CollectionShown>("Lists collections"),
        CreateCollection: Post "/collections" => makes("Makes a collection").takes::<CollectionFields>(),
        Interests: Get "/interests" => lists::<InterestShown>("Lists interests"),
        CreateInterest: Post "/interests" => makes("Makes an interest").takes::<InterestFields>(),
        Views: Get "/views" => lists::<ViewShown>("Lists the views below a database"),
        CreateView: Post "/views" => makes("Makes a view below a database").takes::<ViewFields>(),
        Profiles: Get "/profiles" => lists_records::<ProfileShown>("Lists profiles"),
        CreateProfile: Post "/profiles" => makes("Makes a profile").takes::<ProfileFields>(),
        UpdateProfiles: Put "/profiles" => changes_or_makes("Changes all profiles that match").takes::<ProfileFields>(),
        DeleteProfiles: Delete "/profiles" => removes("Deletes profiles by their ids").takes::<ProfilesToDelete>(),
        ProfileIds: Get "/profileids" => lists_ids("Lists the ids of profiles"),
    }
}

operations! {
    /// The operations on a collection.
    OfCollection below "/collection/{id}" {
        Show: Get "" => shows::<CollectionShown>("Shows a collection"),
        Update: Put "" => changes("Renames a collection").takes::<CollectionFields>(),
        Fields: Get "/fields" => lists::<FieldShown>("Lists the fields of subprofiles"),
        CreateField: Post "/fields" => makes("Makes a field of subprofiles").takes::<FieldFields>(),
        UpdateField: Put "/field/{field}" => changes("Changes a field of subprofiles").takes::<FieldFields>(),
        DeleteField: Delete "/field/{field}" => removes("Deletes a field of subprofiles"),
        Subprofiles: Get "/subprofiles" => lists_records::<SubprofileShown>("Lists the subprofiles of a collection"),
        UpdateSubprofiles: Put "/subprofiles" => {
            changes("Changes all subprofiles of a collection that match").matching().takes::<Values>()
        },
        SubprofileIds: Get "/subprofileids" => lists_ids("Lists the ids of subprofiles"),
    }
}

operations! {
    /// The operations on an interest.
    OfInterest below "/interest/{id}" {
        Show: Get "" => shows::<InterestShown>("Shows an interest"),
        Update: Put "" => changes("Changes an interest").takes::<InterestFields>(),
        Delete: Delete "" => removes("Deletes an interest"),
    }
}

operations! {
    /// The operations on a view.
    OfView below "/view/{id}" {
        Show: Get "" => shows::<ViewShown>("Shows a view"),
        Update: Put "" => changes("Changes a view").takes::<ViewFields>(),
        Delete: Delete "" => removes("Deletes a view"),
        Views: Get "/views" => lists::<ViewShown>("Lists the views below a view"),
        CreateView: Post "/views" => makes("Makes a view below a view").takes::<ViewFields>(),
        Rules: Get "/rules" => lists::<RuleShown>("Lists the rules of a view"),
        CreateRule: Post "/rules" => makes("Makes a rule").takes::<RuleFields>(),
        Rebuild: Post "/rebuild" => changes("Finds the profiles of a view anew"),
        Profiles: Get "/profiles" => lists_records::<ProfileShown>("Lists the profiles of a view as last built"),
        ProfileIds: Get "/profileids" => lists_ids("Lists the ids of a view's profiles"),
    }
}

operations! {
    /// The operations on a rule.
    OfRule below "/rule/{id}" {
        Show: Get "" => shows::<RuleShown>("Shows a rule"),
        Update: Put "" => changes("Changes a rule").takes::<RuleFields>(),
        Delete: Delete "" => removes("Deletes a rule with its conditions"),
        CreateCondition: Post "/conditions" => makes("Makes a condition").takes::<ConditionFields>(),
    }
}

operations! {
    /// The operations on a condition.
    OfCondition below "/condition/{type}/{id}" {
        Update: Put "" => changes("Changes a condition").takes::<ConditionFields>(),
        Delete: Delete "" => removes("Deletes a condition"),
    }
}

operations! {
    /// The operations on a profile.
    OfProfile below "/profile/{id}" {
        Show: Get "" => shows::<ProfileShown>("Shows a profile"),
        Update: Put "" => changes("Changes a profile").takes::<ProfileFields>(),
        Delete: Delete "" => removes("Removes a profile with its subprofiles"),
        Fields: Get "/fields" => shows::<Values>("Shows the values of a profile"),
        UpdateFields: Put "/fields" => changes("Changes values of a profile").takes::<Values>(),
        Interests: Get "/interests" => lists::<String>("Lists the interests of a profile"),
        AddInterests: Post "/interests" => changes("Adds interests to a profile").takes::<InterestsGiven>(),
        ReplaceInterests: Put "/interests" => {
            changes("Replaces the interests of a profile").takes::<InterestsGiven>()
        },
        Subprofiles: Get "/subprofiles/{collection}" => {
            lists::<SubprofileShown>("Lists the subprofiles of a profile in a collection")
        },
        CreateSubprofile: Post "/subprofiles/{collection}" => makes("Makes a subprofile").takes::<Values>(),
        UpdateSubprofiles: Put "/subprofiles/{collection}" => {
            changes_or_makes("Changes all subprofiles of a profile that match").takes::<Values>()
        },
    }
}

operations! {
    /// The operations on a subprofile.
    OfSubprofile below "/subprofile/{id}" {
        Show: Get "" => shows::<SubprofileShown>("Shows a subprofile"),
        Update: Put "" => changes("Changes a subprofile").takes::<ProfileFields>(),
        Delete: Delete "" => removes("Removes a subprofile"),
        Fields: Get "/fields" => shows::<Values>("Shows the values of a subprofile"),
        UpdateFields: Put "/fields" => changes("Changes values of a subprofile").takes::<Values>(),
    }
}

operations! {
    /// The operations on an import of profiles.
    OfImport below "/import/{id}" {
        Show: Get "" => shows::<ImportShown>("Shows an import of profiles"),
        Revert: Post|Put "/revert" => changes("Undoes an import of profiles"),
    }
}

/// Every operation of the door for the document: its path behind `/v3`, its method, its description, and the operation
/// itself.
pub fn offered_everywhere() -> Vec<(String, HttpMethod, Described, Operation)> {
    let below = [
        offered::<OfAccount>(),
        offered::<OfDatabase>(),
        offered::<OfCollection>(),
        offered::<OfInterest>(),
        offered::<OfView>(),
        offered::<OfRule>(),
        offered::<OfCondition>(),
        offered::<OfProfile>(),
        offered::<OfSubprofile>(),
        offered::<OfImport>(),
    ];
    below.into_iter().flatten().collect()
}

fn offered<T: Operations>() -> Vec<(String, HttpMethod, Described, Operation)> {
    let each = T::ALL.iter().flat_map(|offered| offered.verbs.iter().map(move |verb| (offered, *verb)));
    let described = each.map(|(offered, verb)| {
        let described = offered.operation.described();
        let operation = described.operation(offered, verb);
        (format!("{}{}", offered.below, offered.path), http_method(verb.name()), described, operation)
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below<T: Operations + std::fmt::Debug + PartialEq>(word: Option<&str>, verb: Verb) -> Option<T> {
        T::find(word, verb).ok()
    }

    #[test]
    fn a_method_without_an_operation_is_another_one_but_not_for_lists_of_records() {
        assert_eq!(below(None, Verb::Post), Some(OfDatabase::Update));
        assert_eq!(below(Some("fields"), Verb::Put), Some(OfDatabase::CreateField));
        assert_eq!(below(Some("field"), Verb::Post), Some(OfDatabase::UpdateField));
        assert_eq!(below(Some("interests"), Verb::Put), Some(OfProfile::ReplaceInterests));
        assert_eq!(below(Some("profiles"), Verb::Put), Some(OfDatabase::UpdateProfiles));
        assert_eq!(below::<OfCollection>(Some("subprofiles"), Verb::Post), None);
        assert_eq!(below::<OfView>(Some("profiles"), Verb::Post), None);
        assert_eq!(below::<OfDatabase>(Some("field"), Verb::Get), None);
        assert_eq!(below::<OfDatabase>(Some(""), Verb::Get), None);
        assert_eq!(below::<OfDatabase>(Some("bogus"), Verb::Get), None);
        assert_eq!(below::<OfAccount>(None, Verb::Get), None);
        assert_eq!(below(Some("imports"), Verb::Put), Some(OfAccount::CreateImport));
    }
}
