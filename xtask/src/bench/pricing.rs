//! `cargo xtask bench pricing`: nanoseconds a price by each way that the library has, as ratios to the textbook formula in the
//! same run. The program asserts that all ways agree and says how the options are drawn.

use super::{field, machine, number};
use crate::cargo::{cargo, output};

pub(super) fn measure() -> Result<String, String> {
    let bytes = output(&mut cargo(&["bench", "-q", "-p", "pricing", "--bench", "speed"]))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("the benchmark printed no text: {error}"))?;
    Ok(format!("{}; one thread\n\n{}", machine(), table(&text)?))
}

/// A paragraph for each mix: how it is drawn, then one line a way.
fn table(text: &str) -> Result<String, String> {
    let mut table = format!("{:36}  {:>8} {:>8}  {:>5}\n", "way", "ns", "least", "ratio");
    let mut lines = 0;
    for line in text.lines().filter(|line| line.starts_with('{')) {
        if let Ok(drawn) = field(line, "drawn") {
            table.push_str(&format!("\n{}: {drawn}\n", field(line, "mix")?));
            continue;
        }
        let (way, ratio) = (field(line, "way")?, number(line, "ratio")?);
        let (median, least) = (number(line, "ns")?, number(line, "least")?);
        table.push_str(&format!("{way:36}  {median:>8.1} {least:>8.1}  {ratio:>5.2}\n"));
        lines += 1;
    }
    if lines == 0 { Err(format!("the benchmark printed no figures:\n{text}")) } else { Ok(table) }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn figures_stand_under_their_mix() {
        let drawn = r#"{"mix":"ordinary","drawn":"F 1 to 5"}"#;
        let way = r#"{"mix":"ordinary","way":"scalar price","ns":93.04,"least":90.1,"ratio":1.753}"#;
        let text = table(&format!("noise\n{drawn}\n{way}\n")).unwrap();
        assert!(text.contains("ordinary: F 1 to 5\nscalar price"), "{text}");
        assert!(text.ends_with("    93.0     90.1   1.75\n"), "{text}");
        assert!(table("noise").is_err());
        assert!(table(&way.replace("ratio", "part")).unwrap_err().contains("no `ratio`"));
    }
}
