//! Endpoints of schedules, which import a file behind an address again and again. [`shared::schedules`] explains when a schedule
//! runs, and when a run makes an import.

mod input;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use shared::id::ScheduleId;
use shared::inbox::shown::time;
use shared::schedules::{self, MOST_SCHEDULES, Schedule, ScheduledRun};

use super::Problem;
use super::body::Sent;
use super::keyset::{Envelope, Keyset};
use super::parameters::SCHEDULES;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::answer::{MESSAGE, shortened};
use crate::base::Base;
use crate::openapi::native::{
    Everywhere, Headers, Refused, RunsShown, ScheduleAsked, ScheduleChanged, ScheduleNumber, ScheduleShown,
    SchedulesQuery, TooLarge, Unknown, WrongFields,
};

fn id_of(text: &str) -> Result<ScheduleId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn run_shown(run: &ScheduledRun) -> Value {
    json!({
        "due_at": time(run.due),
        "at": time(run.at),
        "outcome": run.outcome,
        "import": run.import,
        "reason": run.reason.as_ref().map(|reason| shortened(reason, MESSAGE)),
    })
}

/// The JSON of a schedule. The address is shown without its query, which may be a signature.
fn shown(schedule: &Schedule) -> Value {
    let order = &schedule.order;
    json!({
        "id": schedule.id,
        "name": schedule.name,
        "state": schedule.state(),
        "every": schedule.recurrence.every,
        "starts_at": time(schedule.recurrence.starts_at),
        "time_zone": schedule.recurrence.time_zone,
        "next_at": schedule.due.map(time),
        "last_run": schedule.last_run().map(run_shown),
        "failures": schedule.failures,
        "import": {
            "type": order.import_type,
            "location": order.location.shown(),
            "file_name": order.file_name,
            "note": order.note,
            "user": order.user,
        },
        "created_at": time(schedule.created_at),
    })
}

fn found(schedule: Option<&Schedule>) -> Result<Json<Value>, Problem> {
    schedule.map(|schedule| Json(shown(schedule))).ok_or_else(Problem::not_found)
}

/// `POST /schedules` makes a schedule and answers 201. The header `Location` has the URL of the schedule. An account has at most
/// 100 schedules, and a further one is answered with 422.
#[utoipa::path(
    post,
    path = "/schedules",
    operation_id = "create_schedule",
    tag = "Schedules",
    params(Headers),
    request_body = ScheduleAsked,
    responses(
        (status = 201, description = "The schedule", body = ScheduleShown,
            headers(("Location" = String, description = "The address of the schedule"))),
        WrongFields, TooLarge, Refused, Everywhere
    )
)]
pub async fn create(
    State(door): State<Door>,
    Caller(caller): Caller,
    Base(base): Base,
    Sent(body): Sent,
) -> Result<(StatusCode, HeaderMap, Json<Value>), Problem> {
    let new = input::new(&door.services, &caller, &body).await?;
    let made = schedules::create(&door.services, caller.account, new).await?;
    let Some(schedule) = made else {
        return Err(Problem::refused("name", format!("would be one of more than {MOST_SCHEDULES} schedules")));
    };
    let mut headers = HeaderMap::new();
    let location = HeaderValue::from_str(&format!("{base}/api/v1/schedules/{}", schedule.id));
    headers.extend(location.ok().map(|location| (LOCATION, location)));
    Ok((StatusCode::CREATED, headers, Json(shown(&schedule))))
}

/// `GET /schedules` returns a page of the account's schedules, by default the highest number first.
#[utoipa::path(
    get,
    path = "/schedules",
    operation_id = "list_schedules",
    tag = "Schedules",
    params(SchedulesQuery, Headers),
    responses((status = 200, description = "A page of schedules", body = Envelope<ScheduleShown>), WrongFields, Everywhere)
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let keyset = Keyset::read(query.as_deref(), SCHEDULES.of(caller.account), &door.cursor_key)?;
    let all = schedules::all(&door.services, caller.account).await?;
    Ok(Json(keyset.page_of(&all, |schedule| schedule.id.0, shown)))
}

/// `GET /schedules/{id}` returns a schedule with its next and its last run.
#[utoipa::path(
    get,
    path = "/schedules/{id}",
    operation_id = "show_schedule",
    tag = "Schedules",
    params(ScheduleNumber, Headers),
    responses((status = 200, description = "The schedule", body = ScheduleShown), Unknown, Everywhere)
)]
pub async fn get(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    found(schedules::get(&door.services, caller.account, id_of(&id)?).await?.as_ref())
}

/// `PATCH /schedules/{id}` changes the name or the times of a schedule, stops it with `"paused": true`, or lets it go on with
/// `false`. Other times, and the end of a pause, compute the next run anew.
#[utoipa::path(
    patch,
    path = "/schedules/{id}",
    operation_id = "change_schedule",
    tag = "Schedules",
    params(ScheduleNumber, Headers),
    request_body = ScheduleChanged,
    responses((status = 200, description = "The schedule", body = ScheduleShown), WrongFields, Unknown, TooLarge, Everywhere)
)]
pub async fn change(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
    Sent(body): Sent,
) -> Result<Json<Value>, Problem> {
    let (id, change) = (id_of(&id)?, input::change(&body)?);
    found(schedules::change(&door.services, caller.account, id, &change).await?.as_ref())
}

/// `DELETE /schedules/{id}` deletes the schedule and answers 204. The imports that the schedule made stay, and an import that is
/// under way goes on.
#[utoipa::path(
    delete,
    path = "/schedules/{id}",
    operation_id = "delete_schedule",
    tag = "Schedules",
    params(ScheduleNumber, Headers),
    responses((status = 204, description = "The schedule is deleted"), Unknown, Everywhere)
)]
pub async fn delete(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<StatusCode, Problem> {
    match schedules::remove(&door.services, caller.account, id_of(&id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

/// `POST /schedules/{id}/run` runs the schedule now, also while it is paused, and answers 202. Such a run loads the content of the
/// last import again if its rows do not stand, for example because the import was undone.
#[utoipa::path(
    post,
    path = "/schedules/{id}/run",
    operation_id = "run_schedule",
    tag = "Schedules",
    params(ScheduleNumber, Headers),
    responses((status = 202, description = "The schedule, which is due now", body = ScheduleShown), Unknown, Everywhere)
)]
pub async fn run(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let schedule = schedules::ask(&door.services, caller.account, id_of(&id)?).await?;
    Ok((StatusCode::ACCEPTED, found(schedule.as_ref())?))
}

/// `GET /schedules/{id}/runs` returns the last 20 runs of the schedule, the latest first.
#[utoipa::path(
    get,
    path = "/schedules/{id}/runs",
    operation_id = "list_runs",
    tag = "Schedules",
    params(ScheduleNumber, Headers),
    responses((status = 200, description = "The last runs", body = RunsShown), Unknown, Everywhere)
)]
pub async fn runs(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    let schedule = schedules::get(&door.services, caller.account, id_of(&id)?).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({ "runs": schedule.runs.iter().map(run_shown).collect::<Vec<_>>() })))
}
