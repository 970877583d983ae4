//! The interests of a story's database: columns of profiles that hold `yes` or nothing, and come and go during the story.

use reqwest::Method;
use serde_json::{Value, json};

use super::Story;
use super::column_type::ColumnType;
use super::columns::Column;
use super::replay::{Sort, Values};
use crate::copernica::{delete, made, put, send};

/// The names of interests; a deleted or renamed interest leaves its name to another one.
const NAMES: [&str; 4] = ["Tea", "Sailing", "Chess", "Cycling"];
/// The most interests of the database, fewer than there are names.
const MOST: usize = 3;

impl Story {
    /// Makes the interests with which the story begins.
    pub async fn make_first_interests(&mut self) -> anyhow::Result<()> {
        for name in &NAMES[..2] {
            self.make_interest(name).await?;
        }
        Ok(())
    }

    async fn make_interest(&mut self, name: &str) -> anyhow::Result<()> {
        let path = format!("/database/{}/interests", self.database);
        let id = made(&self.stack, &path, &json!({ "name": name })).await?;
        let (sort, kind, slot, name) = (Sort::Profile, ColumnType::Interest, format!("interest.{id}"), name.to_owned());
        self.columns.push(Column {
            slot,
            sort,
            id,
            name,
            kind,
            default: String::new(),
            index: false,
            words: kind.words(),
        });
        Ok(())
    }

    /// The interests of the database.
    pub fn interests(&self) -> Vec<Column> {
        self.columns.iter().filter(|column| column.kind == ColumnType::Interest).cloned().collect()
    }

    /// Adds, renames or deletes an interest.
    pub async fn change_interests(&mut self) -> anyhow::Result<()> {
        let all = self.interests();
        let free: Vec<&str> = NAMES.into_iter().filter(|name| all.iter().all(|column| column.name != *name)).collect();
        let name = *self.draw.of(&free).expect("there are more names than interests");
        let Some(interest) = self.draw.of(&all).cloned().filter(|_| !self.draw.one_in(3)) else {
            if all.len() < MOST {
                self.make_interest(name).await?;
                self.events.push(format!("interest {name} added"));
            }
            return Ok(());
        };
        let path = format!("/interest/{}", interest.id);
        if self.draw.one_in(3) {
            put(&self.stack, &path, &json!({ "name": name })).await?;
            let place = self.columns.iter_mut().find(|column| column.slot == interest.slot);
            name.clone_into(&mut place.expect("the interest is there").name);
            self.events.push(format!("{} is now {name}", interest.slot));
        } else {
            delete(&self.stack, &path).await?;
            self.columns.retain(|column| column.slot != interest.slot);
            self.events.push(format!("{} deleted", interest.slot));
        }
        Ok(())
    }

    /// Gives a profile some interests besides its own, or in place of them, or gives and takes them one by one.
    pub async fn edit_interests(&mut self) -> anyhow::Result<()> {
        let Some(id) = self.some_record(Sort::Profile) else { return Ok(()) };
        let (chosen, others): (Vec<Column>, Vec<Column>) =
            self.interests().into_iter().partition(|_| self.draw.one_in(2));
        let names: Vec<&str> = chosen.iter().map(|column| column.name.as_str()).collect();
        let gives = |columns: &[Column], value: &str| -> Values {
            columns.iter().map(|column| (column.slot.clone(), value.to_owned())).collect()
        };
        let (added, taken) = (gives(&chosen, "yes"), gives(&others, ""));
        let both: Values = added.clone().into_iter().chain(taken).collect();
        let flag = |column: &Column| (column.name.clone(), json!(chosen.iter().any(|one| one.id == column.id)));
        let flags: Value = Value::Object(chosen.iter().chain(&others).map(flag).collect());
        let of_profile = format!("/profile/{id}");
        let (method, path, body, values) = match self.draw.below(3) {
            0 => (Method::POST, format!("{of_profile}/interests"), json!({ "interests": names }), added),
            1 => (Method::PUT, format!("{of_profile}/interests"), json!({ "interests": names }), both),
            _ => (Method::PUT, of_profile, json!({ "interests": flags }), both),
        };
        send(&self.stack, method, &path, &body).await?.expect(204)?;
        self.events.push(format!("interests of profile {id} edited by hand: {values:?}"));
        self.replay.changed_by_hand((Sort::Profile, id), &values);
        Ok(())
    }
}
