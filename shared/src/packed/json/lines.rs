//! The second pass over JSON: a line for each element.

use super::elements::Elements;
use super::keys::Keys;
use super::object::{Cell, Members, Parsed, parse};
use crate::packed::limits::{Limits, NotUnpacked, is_bomb};
use crate::packed::packing::Packing;
use crate::packed::unpacked::{PIECE, Sink, Unpacked};
use crate::source::MAX_RECORD;
use crate::table::{Fault, NULL};

/// Writes the lines of a file that arrives in pieces of any size.
pub struct JsonLines {
    elements: Elements,
    writer: Writer,
}

struct Writer {
    keys: Keys,
    /// The cells of an element as spelt in the line; an absent key has an empty cell.
    cells: Vec<String>,
    /// The lines that were not passed on yet.
    out: Vec<u8>,
    written: u64,
    limit: u64,
}

impl JsonLines {
    /// Begins the lines of a file with these columns.
    pub fn new(keys: Keys, limits: &Limits) -> Self {
        let cells = vec![String::new(); keys.names.len()];
        let mut writer = Writer { keys, cells, out: Vec::new(), written: 0, limit: limits.table };
        for place in 0..writer.cells.len() {
            writer.cells[place] = quoted(&writer.keys.names[place]);
        }
        writer.end_line();
        Self { elements: Elements::default(), writer }
    }

    /// Takes the next bytes of the file and passes the lines of complete elements to `sink`.
    pub fn push(&mut self, piece: &[u8], sink: Sink<'_>) -> Result<(), NotUnpacked> {
        let Self { elements, writer } = self;
        elements.push(piece, &mut |element| {
            let read = element.at + element.text.map_or(0, <[u8]>::len) as u64;
            writer.write(parse(&element)?, read, sink)
        })?;
        writer.pass_on(sink)
    }

    /// Ends the file.
    pub fn finish(mut self, sink: Sink<'_>) -> Result<Unpacked, NotUnpacked> {
        let Self { elements, writer } = &mut self;
        let read = elements.bytes;
        elements.finish(&mut |element| writer.write(parse(&element)?, read, sink))?;
        writer.pass_on(sink)?;
        let Self { elements, writer } = self;
        let keys = writer.keys.names.len();
        let evidence = vec![format!("JSON of {} elements with {keys} different keys", elements.count)];
        Ok(Unpacked { evidence, ..Unpacked::from(Some(Packing::Json)) })
    }
}

impl Writer {
    fn write(&mut self, element: Parsed<'_>, read: u64, sink: Sink<'_>) -> Result<(), NotUnpacked> {
        match element {
            Parsed::Object(Members(members)) => self.object(&members),
            Parsed::Fault(fault, value) => self.cells[0] = quoted(&fault.cell(&value)),
        }
        self.end_line();
        let made = self.written + self.out.len() as u64;
        if is_bomb(read, made) {
            return Err(NotUnpacked::Unreadable(format!(
                "the JSON is a bomb: its first {read} bytes make {made} bytes of lines"
            )));
        }
        if made > self.limit {
            let limit = self.limit >> 20;
            return Err(NotUnpacked::TooLarge(format!("the JSON makes more than {limit} MB of lines: split the file")));
        }
        if self.out.len() >= PIECE { self.pass_on(sink) } else { Ok(()) }
    }

    fn object(&mut self, members: &[(String, &serde_json::value::RawValue)]) {
        let (mut filled, mut length) = (false, 0);
        for (key, value) in members {
            let Some(&place) = self.keys.places.get(key) else { continue };
            let (is_visible, cell) = match Cell::of(value) {
                _ if !self.cells[place].is_empty() => (true, quoted(&Fault::Twice.cell(value.get()))),
                Cell::Null => (false, NULL.to_owned()),
                Cell::Bare(text) => (true, text.to_owned()),
                Cell::Text(text) => (!is_blank(&text), quoted(&text)),
                Cell::Fault(fault, text) => (true, quoted(&fault.cell(text))),
            };
            filled |= is_visible;
            length += cell.len();
            self.cells[place] = cell;
        }
        // A blank line would be no row, and the elements behind would be counted wrongly.
        let fault = if filled { (length > MAX_RECORD).then_some(Fault::TooLong) } else { Some(Fault::NoValue) };
        if let Some(fault) = fault {
            self.cells.iter_mut().for_each(String::clear);
            self.cells[0] = quoted(&fault.cell(""));
        }
    }

    fn end_line(&mut self) {
        for (place, cell) in self.cells.iter_mut().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(cell.as_bytes());
            cell.clear();
        }
        self.out.push(b'\n');
    }

    fn pass_on(&mut self, sink: Sink<'_>) -> Result<(), NotUnpacked> {
        self.written += self.out.len() as u64;
        let passed = sink(&self.out);
        self.out.clear();
        passed
    }
}

/// True for a text that leaves a line blank, see [`crate::source::is_blank`].
fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || letter == '\u{1a}')
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 2);
    cell.push('"');
    for (at, piece) in text.split('"').enumerate() {
        if at > 0 {
            cell.push_str("\"\"");
        }
        cell.push_str(piece);
    }
    cell.push('"');
    cell
}
