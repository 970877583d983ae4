//! Many imports of the same addresses and names at once, loaded by two workers that die now and then.

use std::collections::BTreeSet;

use futures::future::join_all;
use shared::id::ImportId;
use shared::import::Duplicates;

use super::office::Office;
use crate::faults::{Fault, Faults};
use crate::invariants::World;
use crate::postman::LONG;
use crate::world::Draw;

const IMPORTS: u64 = 20;
const PEOPLE: u64 = 100;
const COMPANIES: u64 = 10;

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
