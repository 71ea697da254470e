//! `cargo xtask bench settlement`: how long a batch of up to a million accounts takes to build, prove and verify, as ratios to the
//! naive builder in the same run. The program asserts that both come to the same roots.

use super::{field, machine, number};
use crate::cargo::{cargo, output};

pub(super) fn measure() -> Result<String, String> {
    let bytes = output(&mut cargo(&["bench", "-q", "-p", "settlement", "--bench", "trees"]))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("the benchmark printed no text: {error}"))?;
    Ok(format!("{}; median and least of the rounds; trees use all cores\n\n{}", machine(), table(&text)?))
}

/// A paragraph for each size: one line a way, with how many of it fit in the time of the naive builder.
fn table(text: &str) -> Result<String, String> {
    let mut table = format!("{:26}  {:>12} {:>12}  {:>12}\n", "way", "us", "least", "naive / way");
    let mut size = "";
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let of = field(line, "size")?;
        if of != size {
            table.push_str(&format!("\n{of}\n"));
            size = of;
        }
        let (way, median, least) = (field(line, "way")?, number(line, "ns")?, number(line, "least")?);
        let ratio = number(line, "ratio").map_or(String::new(), |ratio| format!("{:.1}", 1.0 / ratio));
        let figures = format!("{:>12.1} {:>12.1}  {ratio:>12}", median / 1_000.0, least / 1_000.0);
        table.push_str(&(format!("{way:26}  {figures}").trim_end().to_owned() + "\n"));
    }
    if size.is_empty() { Err(format!("the benchmark printed no figures:\n{text}")) } else { Ok(table) }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn figures_stand_under_their_size() {
        let build = r#"{"size":"9 leaves","way":"build","ns":2500.0,"least":1200.0,"ratio":0.2500000}"#;
        let sign = r#"{"size":"a batch","way":"sign","ns":1.0,"least":1.0}"#;
        let text = table(&format!("noise\n{build}\n{sign}\n")).unwrap();
        assert!(text.contains("\n9 leaves\nbuild  "), "{text}");
        assert!(text.contains(" 2.5          1.2           4.0\n\na batch\n"), "{text}");
        assert!(table("noise").is_err());
        assert!(table(&build.replace("least", "most")).unwrap_err().contains("no `least`"));
    }
}
