//! Properties of decoding and splitting which hold for any bytes, run by the tests over a corpus and over generated
//! input, and by `cargo fuzz` for any length of time.

use super::{Decoder, Dialect, Encoding, RecordEnd, Splitter, Unreadable};

/// A record as compared by the checks, with its cells, its raw text and its first and last line.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub cells: Vec<String>,
    pub raw: String,
    pub lines: (u64, u64),
    pub ending: RecordEnd,
}

/// Decodes and splits bytes from the fuzzer, whose first two bytes choose the delimiter and the cuts.
///
/// # Panics
///
/// Panics if the splitter's records differ from the records of `csv-core`, or if the result depends on the
/// pieces in which the bytes arrive.
pub fn split_and_decode(bytes: &[u8]) {
    let &[delimiter, cut, ref rest @ ..] = bytes else { return };
    let cuts: Vec<usize> = (1..=4).map(|time| usize::from(cut) * time + time).collect();
    let piece = 1 + usize::from(cut);
    check_decoder(rest, None, piece);
    let label = ENCODINGS[usize::from(delimiter ^ cut) % ENCODINGS.len()];
    check_decoder(rest, label.parse().ok(), piece);
    let text = String::from_utf8_lossy(rest);
    let delimiter = super::DELIMITERS[usize::from(delimiter) % super::DELIMITERS.len()];
    // The decoder removes byte order marks, and `csv-core` removes a mark as well.
    check_splitter(text.trim_start_matches('\u{feff}'), delimiter, &cuts);
}

/// Encodings named as by a caller, with an example of each kind.
const ENCODINGS: [&str; 12] = [
    "utf-8",
    "cesu-8",
    "utf-16le",
    "windows-1252",
    "windows-1253",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "gbk",
    "gb18030",
    "big5",
    "euc-kr",
];

/// Checks that the decoded text is the same for any sizes of the pieces.
fn check_decoder(bytes: &[u8], asked: Option<Encoding>, piece: usize) {
    let whole = decode(bytes, asked, bytes.len().max(1));
    let pieces = decode(bytes, asked, piece);
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        // Without a named encoding, a refusal found by reading on may come sooner or later.
        (Err(_), Err(_)) if asked.is_none() => {}
        (Err(whole), Err(pieces)) => assert_eq!(whole, pieces, "{asked:?} {piece}"),
        (whole, pieces) => panic!("as a whole {whole:?}, in pieces of {piece} {pieces:?}"),
    }
}

fn decode(bytes: &[u8], asked: Option<Encoding>, piece: usize) -> Result<(String, Encoding), Unreadable> {
    let (mut decoder, mut text) = (Decoder::new(asked), String::new());
    bytes.chunks(piece).try_for_each(|piece| decoder.push(piece, &mut text))?;
    decoder.finish(&mut text)?;
    let mut anchors = super::places::Anchors::default();
    anchors.extend(decoder.anchors());
    let length = anchors.behind(decoder.encoding(), &text, decoder.mark());
    assert_eq!(length, bytes.len() as u64, "the length in the original can be computed");
    Ok((text, decoder.encoding()))
}

/// Checks that the cells equal the cells of `csv-core`, and that a text cut anywhere gives the same records.
pub fn check_splitter(text: &str, delimiter: u8, cuts: &[usize]) {
    let whole = split(text, delimiter);
    let cells: Vec<&Vec<String>> = whole.iter().map(|read| &read.cells).collect();
    let plain = csv_core(text, delimiter);
    assert_eq!(cells, plain.iter().collect::<Vec<_>>(), "{text:?}");
    let whole: Vec<_> = whole.into_iter().map(|read| (read.cells, read.lines)).collect();
    assert_eq!(split_pieces(text, delimiter, cuts), whole, "{text:?} cut at {cuts:?}");
}

fn plain_dialect(delimiter: u8) -> Dialect {
    Dialect { delimiter, spaced: false, backslashes: false, apostrophes: false, sheet: false }
}

/// Splits a text which is whole in memory.
pub fn split(text: &str, delimiter: u8) -> Vec<Read> {
    let mut splitter = Splitter::new(plain_dialect(delimiter), 1);
    let mut records = Vec::new();
    loop {
        let ending = match splitter.scan(text.as_bytes()) {
            true => Some(RecordEnd::Complete),
            false => splitter.finish(text.as_bytes()),
        };
        let Some(ending) = ending else { return records };
        let (cells, lines) = told(&splitter, text);
        records.push(Read { cells, raw: text[splitter.range()].to_owned(), lines, ending });
    }
}

/// Splits a text which arrives in pieces, dropping text whose records have been taken.
fn split_pieces(text: &str, delimiter: u8, cuts: &[usize]) -> Vec<(Vec<String>, (u64, u64))> {
    let mut splitter = Splitter::new(plain_dialect(delimiter), 1);
    let (mut buffer, mut taken, mut records) = (String::new(), 0, Vec::new());
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    ends.push(text.len());
    ends.sort_unstable();
    for end in ends.into_iter().filter(|&end| text.is_char_boundary(end)) {
        buffer.push_str(&text[taken..end]);
        taken = end;
        while splitter.scan(buffer.as_bytes()) {
            records.push(told(&splitter, &buffer));
        }
        if splitter.pending() == 0 {
            splitter.forget();
            buffer.clear();
        } else {
            let start = splitter.range().start;
            splitter.rebase();
            buffer.drain(..start);
        }
    }
    if splitter.finish(buffer.as_bytes()).is_some() {
        records.push(told(&splitter, &buffer));
    }
    records
}

/// Encodes a text in CESU-8, which writes a character beyond U+FFFF as two surrogates of three bytes each.
pub fn cesu8(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let mut units = [0; 2];
        match letter.encode_utf16(&mut units) {
            [high, low] => {
                for unit in [*high, *low] {
                    let six = |shift: u16| 0x80 | (unit >> shift & 0x3f) as u8;
                    bytes.extend([0xe0 | (unit >> 12) as u8, six(6), six(0)]);
                }
            }
            _ => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Cells and lines of the record which the splitter found last.
pub fn told(splitter: &Splitter, text: &str) -> (Vec<String>, (u64, u64)) {
    let cells = splitter.fields().iter().map(|field| field.cell(text).into_owned()).collect();
    (cells, splitter.lines())
}

/// Splits the text with `csv-core`, as the reference for the checks.
fn csv_core(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 2]);
    let (mut read, mut records) = (0, Vec::new());
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, input, bytes, fields) =
            reader.read_record(&text.as_bytes()[read..], &mut output[written..], &mut ends[ended..]);
        (read, written, ended) = (read + input, written + bytes, ended + fields);
        match result {
            InputEmpty => {}
            OutputFull | OutputEndsFull => unreachable!("there is room for all"),
            Record => {
                let starts = std::iter::once(0).chain(ends[..ended].iter().copied());
                let cell = |(start, &end): (usize, &usize)| String::from_utf8_lossy(&output[start..end]).into_owned();
                records.push(starts.zip(&ends[..ended]).map(cell).collect());
                (written, ended) = (0, 0);
            }
            End => return records,
        }
    }
}
