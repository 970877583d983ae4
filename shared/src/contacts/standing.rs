//! What an account has of the companies and addresses in `import_data`, for the check before anything is written.

use std::collections::{HashMap, HashSet};

use crate::contact_form::data::{ImportData, Standing};
use crate::id::AccountId;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::claim::holders;
use crate::things::find::{Found, KeyPlace, find};
use crate::things::slot::Slot;

/// The companies and addresses of the account which the rows name. Each name and each address costs half a read unit, and
/// a name whose first place holds another item a search.
pub async fn standing(services: &Services, account: AccountId, data: &ImportData) -> Result<Standing, StoreError> {
    let names = data.companies();
    let place = |name: &String| (Kind::Company, KeyPlace::first(account, Kind::Company, name).id);
    let places: Vec<_> = names.iter().map(place).collect();
    let slots = Slot::get_many(services, account, &places).await?;
    let slots: HashMap<_, _> = slots.into_iter().map(|slot| (slot.place(), slot)).collect();
    let mut companies = HashSet::new();
    for name in names {
        let stands = match slots.get(&place(&name)) {
            None => false,
            Some(Slot::Thing(company)) if company.key == name && !company.retired => true,
            Some(_) => matches!(find(services, account, Kind::Company, &name).await?, Found::There(_)),
        };
        if stands {
            companies.insert(name);
        }
    }
    let emails = data.emails();
    let held = holders(services, account, emails.iter().map(String::as_str)).await?;
    Ok(Standing { companies, emails: held.into_keys().collect() })
}
