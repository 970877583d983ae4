//! Tempo's worklogs, as exported by Jira's Tempo Timesheets: some thirty columns,
//! including custom columns and duplicate names.
//!
//! An issue, by its key and its summary, becomes the task. The customer of the account becomes the client. An entry
//! is billable if some of its hours were billed.
//!
//! The header follows the language of the account. Known languages are English, German, Russian and Portuguese; the
//! source of each word is in `docs/formats.md`. An unknown name in any of these languages is not guessed.

use std::borrow::Cow;

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::{ErrorCode, RowError};
use crate::values::durations::{self, DurationReading};
use crate::values::numbers::{self, DecimalMark, Marked};
use crate::values::words;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["work date", "arbeitsdatum", "дата работы", "data de trabalho"]),
        column(Role::Hours, &["hours", "logged hours", "stunden", "часов", "horas"]),
        column(Role::TaskKey, &["issue key", "work item key", "vorgangsschlüssel", "ключ запроса", "questão-chave"]),
        column(
            Role::Task,
            &["issue summary", "work item summary", "vorgangszusammenfassung", "тема запроса", "emissão de resumo"],
        ),
        column(Role::Person, &["full name", "voller name", "полное имя"]),
        column(Role::PersonId, &["username", "user account id", "benutzername", "имя пользователя", "nome de usuário"]),
        column(Role::Client, &["account customer"]),
        column(Role::ClientElse, &["account name", "account-name", "имя аккаунта"]),
        column(
            Role::Project,
            &["project name", "projekt-name", "имя проекта", "project key", "projekt-schlüssel", "ключ проекта"],
        ),
        column(Role::Text, &["work description", "arbeitsbeschreibung", "описание работы"]),
        column(Role::BilledHours, &["billed hours", "billable hours", "abrechenbare stunden", "тарифицируемые часы"]),
    ],
    others: &[
        "account category",
        "account key",
        "account lead",
        "activity name",
        "all components",
        "component",
        "date created",
        "date updated",
        "epic",
        "epic link",
        "external hours",
        "issue original estimate",
        "issue remaining estimate",
        "issue status",
        "issue type",
        "parent key",
        "period",
        "priority",
        "project key",
        "reporter",
        "tempo team",
        "tempo worklog id",
        "user account id",
        "username",
        "version name",
        // German names of the columns.
        "account-schlüssel",
        "aktivitätsname",
        "alle komponenten",
        "autor",
        "benutzername",
        "elternschlüssel",
        "externe stunden",
        "komponente",
        "projekt-schlüssel",
        "versionsname",
        "vorgang, ursprüngliche schätzung",
        "vorgang, verbleibende schätzung",
        "vorgangs-status",
        "vorgangs-typ",
        "zeitraum",
        // Russian names of the columns.
        "автор",
        "внешние часы",
        "все компоненты",
        "имя активности",
        "имя пользователя",
        "имя продукта",
        "ключ аккаунта",
        "ключ проекта",
        "ключ родителя",
        "компонент",
        "оставшееся время запроса",
        "первоначальная оценка запроса",
        "период",
        "статус запроса",
        "тип запроса",
        // Portuguese names of the columns.
        "nome da atividade",
        "nome de usuário",
    ],
    signature: &[
        group("a column \"Work date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"Hours\" or \"Logged Hours\"", &[Need::Roles(&[Role::Hours])]),
        group("a column \"Issue Key\" or \"Work Item Key\"", &[Need::Roles(&[Role::TaskKey])]),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = elapsed::hours(cells, &mut entry)?;
    entry.task = match (cells.text(Role::TaskKey), entry.task.take()) {
        (Some(key), Some(summary)) => Some(Cow::Owned(words::joined(&key, ": ", &summary))),
        (key, summary) => key.or(summary),
    };
    if entry.text.is_none() {
        entry.text.clone_from(&entry.task);
    }
    if entry.client.is_none() {
        entry.client = cells.name(Role::ClientElse);
    } else {
        cells.keep(&mut entry, Role::ClientElse);
    }
    if cells.text(Role::Person).is_some() {
        cells.keep(&mut entry, Role::PersonId);
    }
    if cells.has(Role::BilledHours) {
        entry.billable = Some(billed(cells)?);
        cells.keep(&mut entry, Role::BilledHours);
    }
    Ok(entry)
}

/// True if some hours were billed. The exact number is irrelevant, and with it the decimal mark.
fn billed(cells: &Cells<'_, '_>) -> Result<bool, RowError> {
    let Some(cell) = cells.text(Role::BilledHours).filter(|cell| !words::is_dash(cell)) else {
        return Ok(false);
    };
    let number = Marked::of(numbers::without_currency(&cell));
    if let Some(hours) = DecimalMark::ALL.into_iter().find_map(|mark| number.under(mark)) {
        return Ok(hours.is_positive());
    }
    let under = |mark| durations::read(&cell)?.under(DurationReading { mark, ..DurationReading::USUAL });
    match DecimalMark::ALL.into_iter().find_map(under) {
        Some(seconds) => Ok(seconds > 0),
        None => {
            let how = "cannot be read as hours, which say whether the entry is billable";
            Err(cells.unreadable(Role::BilledHours, ErrorCode::InvalidDuration, &cell, how))
        }
    }
}
