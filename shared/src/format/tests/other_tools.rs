//! Exports of other programs, which are named if a column is characteristic, with any additional columns, and
//! never read as a known format.
//!
//! Each header is published by the program's vendor or by users (`docs/formats.md` has
//! the sources); the rows are generated.

use super::matrix::Dice;
use super::*;
use crate::format::FormatName;

/// A program's export: the text of its refusal, its header, and its characteristic columns.
struct Tool {
    said: &'static str,
    header: &'static str,
    /// Groups of columns; each group alone is characteristic of the program.
    telling: &'static [&'static str],
}

const TOOLS: [Tool; 18] = [
    Tool {
        said: "Teamwork",
        header: "Date,Date/time,End date/time,Project,Who,Description,Task list,Task,Is it billable?,Hours,Minutes,First name,Last name,Tags",
        telling: &["Is it billable?", "Date/time,End date/time"],
    },
    Tool {
        said: "QuickBooks Time (TSheets)",
        header: "username,payroll_id,fname,lname,number,group,local_date,local_day,local_start_time,local_end_time,tz,hours,jobcode_1,\
                 jobcode_2,jobcode_3,billable,notes",
        telling: &["local_date", "jobcode_1", "jobcode", "fname,lname", "local_start_time"],
    },
    Tool {
        said: "QuickBooks Time (TSheets)",
        header: "fname,lname,local_date,hours,jobcode,service item,notes",
        telling: &["Jobcode", "fname,lname"],
    },
    Tool {
        said: "QuickBooks",
        header: "Activity Date,Customer,Product/Service,Memo/Description,Rates,Duration,Billable,Amount",
        telling: &[
            "Product/Service",
            "Memo/Description",
            "Service Item",
            "service_item",
            "Payroll Item",
            "Activity Date,Duration",
        ],
    },
    Tool {
        said: "Gusto",
        header: "last_name,first_name,title,gusto_employee_id,regular_hours,overtime_hours,double_overtime_hours,missed_break_hours,bonus,\
                 commission,paycheck_tips,cash_tips,correction_payment,reimbursement,personal_note",
        telling: &["gusto_employee_id", "Gusto Employee ID", "missed_break_hours"],
    },
    Tool {
        said: "Gusto",
        header: "First Name,Last Name,Date,Hours,Hours Type,Note",
        telling: &["Hours Type", "Hours,Hours 2,Notes 2"],
    },
    Tool {
        said: "ADP",
        header: "Co Code,Batch ID,File #,Reg Hours,O/T Hours,Hours 3 Code,Hours 3 Amount,Memo",
        telling: &["Co Code,File #"],
    },
    Tool {
        said: "ADP",
        header: "Co Code,File Number,Pay Date,Hours Code,Hours,Dept Code",
        telling: &["Co Code,Hours Code"],
    },
    Tool {
        said: "regular and overtime hours apart",
        header: "SITE REPORT,WORKER #,WORKER,SITE NAME,TASK NAME,LOGIN,LOGIN TIME,LOGOUT,LOGOUT TIME,TOTAL,REGULAR,OVERTIME,LOGIN NOTES",
        telling: &[
            "Total,Overtime",
            "Regular Hours,Overtime Hours",
            "Reg Hours,O/T Hours",
            "regular_hours,overtime_hours",
        ],
    },
    Tool {
        said: "kind of hours in a column",
        header: "EmployeeID,FirstName,LastName,Date,Hours,PayType,Location,Notes",
        telling: &["PayType", "Pay Item", "Hours Code", "Pay Code"],
    },
    Tool {
        said: "Clockify",
        header: "Project,Client,Description,Task,User,Group,Email,Tags,Billable,Start Date,Start Time,End Date,End Time,Duration (h),\
                 Duration (decimal),Billable Rate (USD),Billable Amount (USD)",
        telling: &["Duration (h)", "Duration (decimal)"],
    },
    Tool {
        said: "Clockify",
        header: "Date,Task,Project,Client,Description,Time (h),Time (decimal),Amount (USD)",
        telling: &["Time (h),Time (decimal)"],
    },
    Tool {
        said: "Hubstaff",
        header: "Organization,Time Zone,Member,Email,Job title,Job type,Employee ID,Date added,Total worked,Activity,Spent total,Currency",
        telling: &["Organization,Time Zone,Member", "Total worked,Activity"],
    },
    Tool {
        said: "Timely",
        header: "Client,Project,Budget Type,Budget Interval,Total Budget,Budget Spent,Budget Spent (%),Budget Remaining,Date,Name,Email,\
                 Logged Hours,Planned Hours,Logged Money,Planned Money,Tags,Billed,Notes,From,To,External ID",
        telling: &["Logged Money", "Planned Money"],
    },
    Tool {
        said: "RescueTime",
        header: "Date,Time Spent (seconds),Number of People,Activity,Category,Productivity",
        telling: &["Time Spent (seconds),Number of People", "Time Spent (seconds),Productivity"],
    },
    Tool {
        said: "Replicon",
        header: "Client Name,Project Name,User Name,Entry Date,Hours Worked,Time Off Hrs,ClientUri,ProjectUri,UserUri,TimesheetPeriodUri",
        telling: &["Entry Date,Hours Worked", "TimesheetPeriodUri"],
    },
    // These programs are known only by their columns, which are not characteristic and
    // include none needed by a format.
    Tool { said: "", header: "Date,From,To,Duration,Rate,Project,Activity,Description", telling: &[] },
    Tool {
        said: "",
        header: "Category,Worker,Start Date,Start Time,End Date,End Time,Total Hours,Status",
        telling: &[],
    },
];

/// For each format, columns which meet its signature together with further columns of the vendor's export.
const SIGNATURES: [&str; 6] = [
    "Start date,Start time,Duration,User,Email,Description,Tags",
    "Date,Hours,First Name,Last Name,Client,Project,Notes",
    "Work date,Hours,Issue Key,Full name,Work Description",
    "date,person,hours,todo,company,project,description",
    "Team Member,Date,Client,Project,Service,Notes,Hours",
    "date,person,email,minutes,tags,description,project",
];

/// A cell which suits the name of its column.
fn cell(name: &str, dice: &mut Dice) -> String {
    let name = name.to_lowercase().replace('_', " ");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["date", "local day"]) {
        format!("2024-03-{:02}", 1 + dice.roll(28))
    } else if has(&["start", "end time", "from", "to"]) && !has(&["total", "to-do", "todo", "tool"]) {
        format!("{:02}:00", 8 + dice.roll(9))
    } else if name == "duration" || has(&["(h)"]) {
        format!("{}:30:00", dice.roll(8))
    } else if has(&["hour", "time spent", "minute", "second", "worked", "decimal", "regular", "overtime", "total"]) {
        format!("{}.5", dice.roll(8))
    } else if has(&["email"]) {
        "kim@example.com".to_owned()
    } else {
        dice.pick(&["Kim", "Quay", "Draw", "x"]).to_owned()
    }
}

/// A table of these columns, in random order and case.
fn file(columns: &[&str], dice: &mut Dice) -> String {
    let mut columns = columns.to_vec();
    for at in (1..columns.len()).rev() {
        columns.swap(at, dice.roll(at as u64 + 1) as usize);
    }
    let upper = dice.roll(4) == 0;
    let shown = |name: &&str| if upper { name.to_uppercase() } else { (*name).to_owned() };
    let delimiter = dice.pick(&[",", ";", "\t"]);
    let mut lines = vec![columns.iter().map(shown).collect::<Vec<_>>().join(delimiter)];
    for _ in 0..1 + dice.roll(5) {
        lines.push(columns.iter().map(|name| cell(name, dice)).collect::<Vec<_>>().join(delimiter));
    }
    lines.join("\n")
}

fn columns(list: &'static str) -> Vec<&'static str> {
    list.split(',').collect()
}

fn why(file: &str) -> String {
    match read_with(file.as_bytes(), &plainly()) {
        Ok(rows) => panic!("{file}\nis read as {rows:#?}"),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn an_export_of_another_program_is_refused_by_its_name_with_any_of_its_columns() {
    let mut dice = Dice(0x070_0150);
    for tool in &TOOLS {
        for round in 0..250 {
            let mut chosen = columns(tool.header);
            if round > 0 && !tool.telling.is_empty() {
                // Exports let people choose columns, but at least one group of
                // characteristic columns is always present.
                chosen.retain(|_| dice.roll(3) > 0);
                chosen.extend(columns(dice.pick(tool.telling)));
            }
            let mut seen = std::collections::HashSet::new();
            chosen.retain(|name| seen.insert(name.to_lowercase()));
            let file = file(&chosen, &mut dice);
            let said = why(&file);
            // With some columns left out, a payroll file may resemble a kind of table more than a vendor's file.
            let named = |name: &str| said.contains(&format!("looks like {name}")) || said.contains(name);
            let payroll = tool.said == "QuickBooks" && named("QuickBooks Time (TSheets)");
            assert!(tool.said.is_empty() || named(tool.said) || payroll, "{file}\n{said}");
        }
    }
}

#[test]
fn columns_that_tell_another_program_are_seen_in_a_table_that_meets_a_signature() {
    let mut dice = Dice(0x51_6a7e);
    for tool in TOOLS.iter().filter(|tool| !tool.telling.is_empty()) {
        for round in 0..240 {
            let mut chosen = columns(SIGNATURES[round % SIGNATURES.len()]);
            chosen.extend(columns(dice.pick(tool.telling)));
            let mut seen = std::collections::HashSet::new();
            chosen.retain(|name| seen.insert(name.to_lowercase()));
            let file = file(&chosen, &mut dice);
            let said = why(&file);
            assert!(said.contains(tool.said), "{file}\n{said}");
            // A caller who names the type is believed.
            let format = [
                FormatName::Toggl,
                FormatName::Harvest,
                FormatName::Tempo,
                FormatName::Basecamp,
                FormatName::Freshbooks,
                FormatName::Freckle,
            ][round % SIGNATURES.len()];
            let options = ReadingOptions { format: Some(format), ..plainly() };
            if let Err(refusal) = read_with(file.as_bytes(), &options) {
                assert!(!refusal.to_string().contains("is not read"), "{file}\n{refusal}");
            }
        }
    }
}

#[test]
fn the_six_formats_are_taken_for_no_other_program() {
    let mut dice = Dice(0x6_f0e);
    for round in 0..1200 {
        let file = file(&columns(SIGNATURES[round % SIGNATURES.len()]), &mut dice);
        if let Err(refusal) = read_with(file.as_bytes(), &plainly()) {
            assert!(refusal.look_alike.is_none(), "{file}\n{refusal}");
        }
    }
}

#[test]
fn an_export_of_another_program_is_named_below_the_lines_of_a_title() {
    let title = "Example Ltd\nTime Activities by Employee Detail\n\"March 1-31, 2024\"\n\n";
    let said = why(&format!(
        "{title}Activity Date,Customer,Product/Service,Memo/Description,Rates,Duration\n03/04/2024,Quay,Design,Draw,50,01:30\n"
    ));
    assert!(said.contains("looks like time activities of QuickBooks"), "{said}");
    assert!(said.contains("the header is on line 5; passed over above it: \"Example Ltd\""), "{said}");
}
