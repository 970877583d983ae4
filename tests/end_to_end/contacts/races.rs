//! Many imports of the same addresses and names at once, loaded by two workers that die now and then.

use std::collections::BTreeSet;

use futures::future::join_all;
use shared::id::ImportId;
use shared::import::Duplicates;
use shared::profile_form::UpdatePolicy;
use shared::revert;

use super::office::Office;
use crate::faults::{Fault, Faults};
use crate::invariants::World;
use crate::postman::LONG;
use crate::world::Draw;

const IMPORTS: u64 = 20;
const PEOPLE: u64 = 100;
const COMPANIES: u64 = 10;
/// The imports which move all people to other companies.
const MOVES: u64 = 4;

/// A file of all people, in an order and with spellings of its own.
fn everybody(draw: &mut Draw) -> String {
    let mut file = "company,first_name,email\n".to_owned();
    let first = draw.below(PEOPLE);
    for number in (first..PEOPLE).chain(0..first) {
        let company = format!("Company {}", number % COMPANIES);
        let company = if draw.one_in(2) { company.to_uppercase() } else { company };
        file.push_str(&format!("{company},Person {number},person{number}@example.com\n"));
    }
    file
}

/// A file of all people in other companies, in an order of its own.
fn moved(draw: &mut Draw, by: u64) -> String {
    let mut file = "company,first_name,email\n".to_owned();
    let first = draw.below(PEOPLE);
    for number in (first..PEOPLE).chain(0..first) {
        let company = (number / 2 + by) % COMPANIES;
        file.push_str(&format!("Company {company},Person {number} {by},PERSON{number}@example.com\n"));
    }
    file
}

/// Two workers deliver messages at the same time, and each dies at a drawn request.
async fn work(office: &Office, draw: &mut Draw) -> anyhow::Result<u64> {
    let faults = [Faults::default(), Faults::default()];
    let workers = [faults[0].connect(&office.stack.system)?, faults[1].connect(&office.stack.system)?];
    let mut deaths = 0;
    while !office.postman.is_empty() {
        for faults in &faults {
            let fault = if draw.one_in(2) { Fault::DeathBefore } else { Fault::DeathAfter };
            faults.at(if draw.one_in(4) { 1 + draw.below(60) } else { u64::MAX - 1 }, 1, fault);
        }
        let deliveries = faults.iter().zip(&workers).map(|(faults, worker)| async {
            match office.postman.next() {
                Some(letter) => faults.outlive(office.postman.deliver(&letter, worker)).await.is_none(),
                None => false,
            }
        });
        deaths += join_all(deliveries).await.into_iter().filter(|died| *died).count() as u64;
        if office.postman.next().is_none() {
            office.stack.system.services().clock.turn(LONG);
        }
    }
    Ok(deaths)
}

#[tokio::test]
async fn twenty_imports_of_the_same_people_at_once_give_each_address_one_person() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let mut draw = Draw(15);
    for number in 0..IMPORTS {
        let duplicates = if number % 2 == 0 { Duplicates::Skip } else { Duplicates::Create };
        office.begin(everybody(&mut draw), duplicates).await?;
    }
    let deaths = work(&office, &mut draw).await?;
    assert!(deaths > 5, "{deaths} deaths are too few");
    office.check().await?;
    let world = World::read(&office.stack).await?;
    let addresses: Vec<_> = office.people().await?.into_values().filter_map(|(person, _)| person.address()).collect();
    assert_eq!((addresses.len(), addresses.iter().collect::<BTreeSet<_>>().len()), (100, 100));
    assert_eq!(office.companies().await?.len(), 10);
    for import in world.imports.values() {
        let counts = import.counts(office.services()).await?;
        assert_eq!((counts.accounted(), counts.pending), (PEOPLE, Some(0)), "every row of {} is told", import.id);
        let failed = if import.options.duplicates == Duplicates::Skip { 0 } else { PEOPLE - counts.created };
        assert_eq!(counts.failed, failed);
    }
    // Undone in another order, the last undo leaves nothing.
    let mut left: Vec<_> = (1..=IMPORTS).map(ImportId).collect();
    while !left.is_empty() {
        let at = draw.below(left.len() as u64) as usize;
        office.undo(left.remove(at)).await?;
    }
    office.check().await?;
    let now = office.stack.workspace().await?;
    assert_eq!(crate::dump::differences(&before, &now), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn imports_that_move_the_same_people_are_undone_at_once_and_in_any_order() -> anyhow::Result<()> {
    let mut office = Office::open().await?;
    let before = office.stack.workspace().await?;
    let mut draw = Draw(16);
    office.begin(everybody(&mut draw), Duplicates::Create).await?;
    for by in 1..=MOVES {
        office.begin(moved(&mut draw, by), UpdatePolicy::Overwrite).await?;
    }
    let mut deaths = work(&office, &mut draw).await?;
    office.check().await?;
    let told = office.told().await?;
    let last = |number: u64| {
        format!("Person {number} {MOVES} person{number}@example.com Company {}", (number / 2 + MOVES) % COMPANIES)
    };
    let (told, expected): (BTreeSet<_>, BTreeSet<_>) = (told.into_iter().collect(), (0..PEOPLE).map(last).collect());
    assert_eq!(told, expected);
    let mut left: Vec<_> = World::read(&office.stack).await?.imports.into_keys().map(|(_, import)| import).collect();
    while !left.is_empty() {
        // Two undos at once.
        for _ in 0..2 {
            if !left.is_empty() {
                let at = draw.below(left.len() as u64) as usize;
                let import = office.find(left.remove(at)).await?;
                revert::ask(office.services(), &import, "user 1").await?;
            }
        }
        deaths += work(&office, &mut draw).await?;
        office.check().await?;
    }
    assert!(deaths > 5, "{deaths} deaths are too few");
    assert_eq!(crate::dump::differences(&before, &office.stack.workspace().await?), [""; 0]);
    Ok(())
}
