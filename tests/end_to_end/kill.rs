//! Kill tests: a worker dies at each of its requests in turn, and the result is always the same.
//!
//! A worker runs an import and its undo, and dies at its n-th request, before or after the request takes effect,
//! for every possible n. Afterwards either the waiting messages are delivered again, or all messages are lost and
//! only the sweep runs. At the end the content of the tables equals the content after an undisturbed run, attribute
//! by attribute, except for times. The scenarios are the same for every kind of rows ([`Cargo`]).

mod bench;
mod cargo;
mod profiles;

use shared::id::{AccountId, ImportId};
use shared::portions::Portions;
use shared::services::Services;

use crate::dump::differences;
use crate::faults::Fault;
use crate::outbox;
use bench::{BEFORE_A_STEP, Bench, Then, What, another_process};
use cargo::{CONTACT_UPDATES, CONTACTS, ENTRIES, edit_contacts, edit_updated_contacts};
use profiles::{DELETIONS, LARGE_DELETION, MIXED, REMOVALS, SMALL_DELETION, UPDATES, edit_profiles};

pub use bench::TINY;
pub use cargo::columns;

const ACCOUNT: AccountId = AccountId(1);
/// The disturbed import. The first import shares projects and tags with it.
const IMPORT: ImportId = ImportId(2);

async fn killed_everywhere(what: What, then: Then, portions: Portions) -> anyhow::Result<()> {
    let mut bench = match what {
        What::Import | What::Undo => Box::pin(Bench::before_the_import()).await?,
        What::Contacts | What::UndoContacts | What::UndoEdited => {
            Box::pin(Bench::before_an_import(CONTACTS, [None, None])).await?
        }
        What::ContactUpdates | What::UndoContactUpdates | What::UndoEditedUpdates => {
            Box::pin(Bench::before_an_import(CONTACT_UPDATES, [None, None])).await?
        }
        What::Mapped | What::UndoMapped => Box::pin(Bench::before_an_import(ENTRIES, [None, Some(columns()?)])).await?,
        What::Recalled | What::UndoRecalled => {
            Box::pin(Bench::before_an_import(ENTRIES, [Some(columns()?), None])).await?
        }
        What::Updates | What::UndoUpdates => Box::pin(Bench::before_profiles(UPDATES)).await?,
        What::Mixed | What::UndoMixed => Box::pin(Bench::before_profiles(MIXED)).await?,
        What::Deletions | What::UndoDeletions => Box::pin(Bench::before_profiles(DELETIONS)).await?,
        What::LargeDeletion | What::UndoLargeDeletion => Box::pin(Bench::before_profiles(LARGE_DELETION)).await?,
        What::Removals | What::UndoRemovals => Box::pin(Bench::before_profiles(REMOVALS)).await?,
        What::Drops | What::Untold => Box::pin(Bench::before_the_drops()).await?,
    };
    if what.is_undo() {
        bench = Box::pin(bench.before_the_undo()).await?;
    }
    if what == What::UndoEdited {
        edit_contacts(&bench.worker.api).await?;
        bench.keep().await?;
    }
    if what == What::UndoEditedUpdates {
        edit_updated_contacts(&bench.worker.api).await?;
        bench.keep().await?;
    }
    if what == What::UndoMixed {
        edit_profiles(&bench.stack).await?;
        bench.keep().await?;
    }
    bench.worker = bench.worker.map(|services| Services { portions, ..services });
    bench.revive(what);
    let before = bench.import().await?.status;
    Box::pin(bench.run(what)).await?;
    let requests = bench.faults.requests();
    // In a run whose end takes steps, the requests before the first step are skipped, because
    // other tests kill them.
    let in_steps = portions.time.is_zero();
    let handed_over = bench.faults.log().iter().skip(1).position(|request| request == "SendMessage");
    let first = handed_over.filter(|_| in_steps).map_or(1, |at| at.saturating_sub(BEFORE_A_STEP) as u64 + 1);
    assert!(!in_steps || handed_over.is_some(), "nothing was handed over");
    Box::pin(bench.postman.drain_all(&bench.worker, &bench.faults)).await;
    Box::pin(bench.mend_the_outbox(what)).await?;
    let undisturbed = Box::pin(bench.picture(what)).await?;
    assert!(requests > 20, "{requests} requests are too few to be the whole of it");
    let mut wrong = Vec::new();
    // A death before a request equals a death after the request before it, except for requests in flight
    // at the same time.
    let faults: &[Fault] =
        if what == What::Untold { &[Fault::DeathAfter] } else { &[Fault::DeathBefore, Fault::DeathAfter] };
    for &fault in faults {
        for n in first.. {
            Box::pin(bench.again()).await?;
            if what.is_dropped() {
                outbox::forget(&bench.stack).await?;
            }
            bench.worker = another_process(bench.worker);
            bench.plan(what, n, fault);
            if Box::pin(bench.run(what)).await? {
                assert!(n > requests / 2, "the run has {requests} requests or so, and {n} did not kill it");
                break;
            }
            let log = bench.faults.log();
            // The work is continued by another process, whose caches are empty.
            bench.worker = another_process(bench.worker);
            match then {
                Then::DeliveredAgain => Box::pin(bench.deliver_again(what)).await?,
                Then::OnlyTheSweep => Box::pin(bench.sweep_only(what)).await?,
            }
            Box::pin(bench.mend_the_outbox(what)).await?;
            // The client who requested the undo got no answer, and no message was sent, so the undo
            // counts as not requested.
            let is_begun =
                |request: &String| request.starts_with("TransactWriteItems") && !request.ends_with("DeathBefore");
            let untold = match then {
                Then::DeliveredAgain => log == ["SendMessage DeathBefore"],
                Then::OnlyTheSweep => !log.iter().any(is_begun),
            };
            if what.is_undo() && untold {
                assert_eq!(bench.import().await?.status, before);
                continue;
            }
            let mut differ = Vec::new();
            for (one, other) in Box::pin(bench.picture(what)).await?.iter().zip(&undisturbed) {
                differ.extend(differences(one, other));
            }
            // The function which continues the work may differ, for example a loader after a parser.
            differ.retain(|line| !is_other_function(line));
            if what.is_undo() {
                // The notes are the list of an undo's work, so the notes which remain after a
                // complete undo mean nothing.
                differ.retain(|line| !line.contains("#notes"));
            }
            if bench.postman.dead() > 0 {
                differ.push("there are dead letters".to_owned());
            }
            if !differ.is_empty() {
                wrong.push(format!("{what:?} {fault:?} at {n}, {then:?}: {differ:#?}\n{log:?}"));
            }
        }
    }
    println!("{what:?}, {then:?}: killed at each of about {requests} requests, before and after its effect");
    assert!(wrong.is_empty(), "{} runs went wrong; the first:\n{}", wrong.len(), wrong[0]);
    Ok(())
}

/// Returns whether a line of the history differs only by the function which changed the status.
fn is_other_function(line: &str) -> bool {
    let names = ["parser", "loader", "revert", "sweep"].map(|name| format!("Some(S({name:?}))"));
    let sides = line.split_once(" by: ").and_then(|(_, sides)| sides.split_once(" / "));
    sides.is_some_and(|(one, other)| names.iter().any(|name| name == one) && names.iter().any(|name| name == other))
}

#[tokio::test]
async fn an_import_killed_at_any_request_ends_as_if_it_had_not_been_when_its_messages_come_again() -> anyhow::Result<()>
{
    killed_everywhere(What::Import, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn an_import_killed_at_any_request_ends_as_if_it_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()>
{
    killed_everywhere(What::Import, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_killed_at_any_request_ends_as_if_it_had_not_been_when_its_messages_come_again() -> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn an_undo_killed_at_any_request_ends_as_if_it_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_of_contacts_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    killed_everywhere(What::Contacts, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::Contacts, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_of_contacts_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    killed_everywhere(What::UndoContacts, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoContacts, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_that_keeps_edited_people_and_is_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::UndoEdited, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoEdited, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_that_changes_contacts_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    killed_everywhere(What::ContactUpdates, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::ContactUpdates, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_that_gives_contacts_back_and_is_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::UndoContactUpdates, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoEditedUpdates, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_that_updates_profiles_and_its_undo_killed_at_any_request_end_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::Updates, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoUpdates, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_of_profiles_with_subprofiles_killed_at_any_request_ends_as_if_it_had_not_been() -> anyhow::Result<()>
{
    killed_everywhere(What::Mixed, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn an_undo_that_keeps_edited_profiles_and_is_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::UndoMixed, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_that_deletes_profiles_and_its_undo_killed_at_any_request_end_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::Deletions, Then::OnlyTheSweep, Portions::default()).await?;
    killed_everywhere(What::UndoDeletions, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn a_deletion_of_a_profile_with_a_thousand_subprofiles_and_its_undo_killed_at_any_request_end_the_same()
-> anyhow::Result<()> {
    killed_everywhere(What::LargeDeletion, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoLargeDeletion, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn a_deletion_and_its_undo_make_the_same_requests_for_any_number_of_subprofiles() -> anyhow::Result<()> {
    let mut requests = Vec::new();
    for cargo in [SMALL_DELETION, LARGE_DELETION] {
        let mut bench = Box::pin(Bench::before_profiles(cargo)).await?;
        assert!(Box::pin(bench.run(What::LargeDeletion)).await?, "nothing kills the import");
        let deletion = bench.faults.log();
        bench = Box::pin(bench.before_the_undo()).await?;
        assert!(Box::pin(bench.run(What::UndoLargeDeletion)).await?, "nothing kills the undo");
        requests.push((deletion, bench.faults.log()));
    }
    assert_eq!(requests[0], requests[1]);
    Ok(())
}

#[tokio::test]
async fn an_import_that_removes_missing_profiles_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::Removals, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::Removals, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_undo_of_a_removal_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    killed_everywhere(What::UndoRemovals, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoRemovals, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn a_mapping_is_remembered_and_taken_back_once_wherever_its_import_is_killed() -> anyhow::Result<()> {
    killed_everywhere(What::Mapped, Then::DeliveredAgain, Portions::default()).await?;
    killed_everywhere(What::UndoMapped, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_is_read_by_one_remembered_mapping_and_confirms_it_once_wherever_it_is_killed() -> anyhow::Result<()>
{
    killed_everywhere(What::Recalled, Then::OnlyTheSweep, Portions::default()).await?;
    killed_everywhere(What::UndoRecalled, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_killed_at_any_request_end_as_if_they_had_not_been_when_everything_comes_again() -> anyhow::Result<()> {
    killed_everywhere(What::Drops, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_killed_at_any_request_end_as_if_they_had_not_been_when_only_the_sweep_comes_by() -> anyhow::Result<()> {
    killed_everywhere(What::Drops, Then::OnlyTheSweep, Portions::default()).await
}

#[tokio::test]
async fn an_import_that_settles_in_steps_and_is_killed_at_any_request_ends_the_same_when_messages_come_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Import, Then::DeliveredAgain, TINY).await
}

#[tokio::test]
async fn an_import_that_settles_in_steps_and_is_killed_at_any_request_ends_the_same_when_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Import, Then::OnlyTheSweep, TINY).await
}

#[tokio::test]
async fn an_undo_that_lets_go_in_steps_and_is_killed_at_any_request_ends_the_same_when_messages_come_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::DeliveredAgain, TINY).await
}

#[tokio::test]
async fn an_undo_that_lets_go_in_steps_and_is_killed_at_any_request_ends_the_same_when_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Undo, Then::OnlyTheSweep, TINY).await
}

#[tokio::test]
async fn drops_whose_reports_are_refused_hold_nobody_up_whenever_they_are_killed_and_everything_comes_again()
-> anyhow::Result<()> {
    killed_everywhere(What::Untold, Then::DeliveredAgain, Portions::default()).await
}

#[tokio::test]
async fn drops_whose_reports_are_refused_hold_nobody_up_whenever_they_are_killed_and_only_the_sweep_comes_by()
-> anyhow::Result<()> {
    killed_everywhere(What::Untold, Then::OnlyTheSweep, Portions::default()).await
}
