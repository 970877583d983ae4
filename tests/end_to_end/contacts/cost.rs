//! The price of people, in write units for each person of an import and of its undo.

use shared::import::Duplicates;
use shared::profile_form::UpdatePolicy;

use super::office::Office;
use crate::stack::Stack;

/// The number of people whose price is measured.
fn number() -> u64 {
    std::env::var("WAYBILL_PEOPLE").ok().and_then(|people| people.parse().ok()).unwrap_or(2000)
}

/// A file of people of a hundred companies, with or without addresses.
fn file(people: u64, with_address: bool) -> String {
    file_of(people, with_address, "Company", "Gardener")
}

/// A file of people with a title, of a hundred companies whose names begin with a word.
fn file_of(people: u64, with_address: bool, word: &str, title: &str) -> String {
    let mut file = "company,first_name,last_name,email,title\n".to_owned();
    for number in 0..people {
        let address = if with_address { format!("person{number}@example.com") } else { String::new() };
        let company = number % 100;
        file.push_str(&format!("{word} {company},Person,Number {number},{address},{title}\n"));
    }
    file
}

fn written(office: &Office) -> f64 {
    office.services().store.consumed().write
}

/// Imports people and undoes the import. Returns the write units of both, for each person.
async fn measured(people: u64, with_address: bool) -> anyhow::Result<[f64; 2]> {
    let mut office = Office::with(Stack::by_hand(1000).await?);
    let start = written(&office);
    let id = office.begin(file(people, with_address), Duplicates::Create).await?;
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
    let people = number();
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

#[tokio::test]
async fn a_second_import_of_the_same_people_writes_none_of_them() -> anyhow::Result<()> {
    let people = number();
    for with_address in [true, false] {
        let mut office = Office::with(Stack::by_hand(1000).await?);
        let file = file(people, with_address);
        office.begin(file.clone(), Duplicates::Create).await?;
        office.drain().await;
        let (wrote, read) = (written(&office), office.services().store.consumed().read);
        let again = office.begin(file, Duplicates::Skip).await?;
        office.drain().await;
        assert_eq!(office.outcomes(again).await?, [("skipped", people)]);
        let units = [written(&office) - wrote, office.services().store.consumed().read - read];
        println!(
            "{people} people again (addresses: {with_address}): {:.1} write units, {:.1} read units",
            units[0], units[1]
        );
        // The import itself, with its chunks; and at most a unit for each claim or person that is read.
        assert!(units[0] < 200.0 && units[1] < 1.2 * people as f64 + 200.0, "{units:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_changed_person_costs_little_more_than_a_unit_and_an_unchanged_one_none() -> anyhow::Result<()> {
    let people = number();
    let mut office = Office::with(Stack::by_hand(1000).await?);
    office.begin(file(people, true), Duplicates::Create).await?;
    office.drain().await;
    // With its hundred companies an import costs some 1,500 units, and without them some 200, whatever the number of people. A
    // chunk of a thousand rows costs some 20.
    let (fixed, companies) = (200.0 / people as f64 + 0.02, 1500.0 / people as f64);
    for (word, title, outcome, most) in [
        ("Company", "Gardener", "unchanged", [fixed; 2]),
        ("Company", "Baker", "updated", [1.3 + fixed, 1.0 + fixed]),
        ("House", "Gardener", "updated", [6.0 + companies, 5.0 + companies]),
    ] {
        let (wrote, read) = (written(&office), office.services().store.consumed().read);
        let id = office.begin(file_of(people, true, word, title), UpdatePolicy::Overwrite).await?;
        office.drain().await;
        assert_eq!(office.outcomes(id).await?, [(outcome, people)]);
        let [loaded, reads] = [written(&office) - wrote, office.services().store.consumed().read - read];
        office.undo(id).await?;
        let undone = written(&office) - wrote - loaded;
        let [loaded, reads, undone] = [loaded, reads, undone].map(|units| units / people as f64);
        println!(
            "{people} people, {word} and {title}: {loaded:.3} write and {reads:.3} read units each, {undone:.3} for the undo"
        );
        assert!(loaded <= most[0] && undone <= most[1], "{loaded} {undone}");
        office.check().await?;
    }
    Ok(())
}
