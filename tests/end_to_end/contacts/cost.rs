//! The price of people, in write units for each person of an import and of its undo.

use shared::import::Duplicates;

use super::office::Office;
use crate::stack::Stack;

/// Imports people with or without addresses, a hundred companies among them, and undoes the import. Returns the write units
/// of both, for each person.
async fn measured(people: u64, with_address: bool) -> anyhow::Result<[f64; 2]> {
    let mut office = Office::with(Stack::by_hand(1000).await?);
    let mut file = "company,first_name,last_name,email,title\n".to_owned();
    for number in 0..people {
        let address = if with_address { format!("person{number}@example.com") } else { String::new() };
        let company = number % 100;
        file.push_str(&format!("Company {company},Person,Number {number},{address},Gardener\n"));
    }
    let written = |office: &Office| office.services().store.consumed().write;
    let start = written(&office);
    let id = office.begin(file, Duplicates::Create).await?;
    office.drain().await;
    assert_eq!(office.outcomes(id).await?, [("created", people)]);
    let loaded = written(&office);
    office.undo(id).await?;
    assert_eq!(office.find(id).await?.counts(office.services()).await?.removed, people);
    Ok([loaded - start, written(&office) - loaded].map(|units| units / people as f64))
}

/// `WAYBILL_PEOPLE=10000 cargo test -p waybill-tests contacts::cost -- --nocapture` measures the figures in `docs/cost.md`.
#[tokio::test]
async fn a_person_costs_two_write_units_with_an_address_and_one_without() -> anyhow::Result<()> {
    let people = std::env::var("WAYBILL_PEOPLE").ok().and_then(|people| people.parse().ok()).unwrap_or(2000);
    let [loaded, undone] = measured(people, true).await?;
    println!("{people} people with an address: {loaded:.3} write units each, {undone:.3} for the undo");
    // A hundred companies cost some 1,000 units, and an import some 100, whatever the number of people.
    let fixed = 1500.0 / people as f64;
    assert!((2.0..2.0 + fixed).contains(&loaded) && (2.0..2.0 + fixed).contains(&undone), "{loaded} {undone}");
    let [loaded, undone] = measured(people, false).await?;
    println!("{people} people without an address: {loaded:.3} write units each, {undone:.3} for the undo");
    assert!((1.0..1.0 + fixed).contains(&loaded) && (1.0..1.0 + fixed).contains(&undone), "{loaded} {undone}");
    Ok(())
}
