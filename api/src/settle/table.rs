//! Reports as files: the same sections as comma-separated values for a program, and as Markdown for a person.

/// One part of a report: a name, columns and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it shows.
    pub name: &'static str,
    /// The names of its columns.
    pub columns: Vec<&'static str>,
    /// Its rows, each with a text for every column.
    pub rows: Vec<Vec<String>>,
}

impl Section {
    /// A section without rows.
    pub fn new(name: &'static str, columns: &[&'static str]) -> Section {
        Section { name, columns: columns.to_vec(), rows: Vec::new() }
    }

    /// The same with its rows.
    #[must_use]
    pub fn with(mut self, rows: impl IntoIterator<Item = Vec<String>>) -> Section {
        self.rows.extend(rows);
        self
    }
}

/// All sections as one table of comma-separated values (RFC 4180): the first column names the section, the others are those of all
/// sections, empty where a section does not have one.
///
/// ```
/// use api::settle::table::{Section, csv};
/// let balances = Section::new("balance", &["asset", "closing"]).with([vec!["USD".to_owned(), "1.50".to_owned()]]);
/// let notes = Section::new("note", &["text"]).with([vec!["one, two".to_owned()]]);
/// assert_eq!(csv(&[balances, notes]), "section,asset,closing,text\nbalance,USD,1.50,\nnote,,,\"one, two\"\n");
/// ```
pub fn csv(sections: &[Section]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for column in sections.iter().flat_map(|section| &section.columns) {
        if !columns.contains(column) {
            columns.push(column);
        }
    }
    let mut lines = vec![std::iter::once("section").chain(columns.iter().copied()).collect::<Vec<_>>().join(",")];
    for section in sections {
        for row in &section.rows {
            let text = |column: &&str| {
                let place = section.columns.iter().position(|own| own == column);
                place.and_then(|place| row.get(place)).map(|text| quoted(text)).unwrap_or_default()
            };
            let texts = std::iter::once(section.name.to_owned()).chain(columns.iter().map(text));
            lines.push(texts.collect::<Vec<_>>().join(","));
        }
    }
    lines.join("\n") + "\n"
}

fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// A title and a table for each section.
///
/// ```
/// use api::settle::table::{Section, markdown};
/// let balances = Section::new("balance", &["asset", "closing"]).with([vec!["USD".to_owned(), "1.50".to_owned()]]);
/// assert_eq!(markdown("Account 7", &[balances]), "# Account 7\n\n## balance\n\n| asset | closing |\n| --- | --- |\n| USD | 1.50 |\n");
/// ```
pub fn markdown(title: &str, sections: &[Section]) -> String {
    let mut text = format!("# {title}\n");
    for section in sections.iter().filter(|section| !section.rows.is_empty()) {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text += &format!("\n## {}\n\n", section.name);
        text += &line(section.columns.iter().map(|&column| column.to_owned()).collect());
        text += &line(section.columns.iter().map(|_| "---".to_owned()).collect());
        for row in &section.rows {
            text += &line(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
        }
    }
    text
}
