//! The program `vectors` on the reference values of this folder: all rows pass, and what is wrong does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

fn run(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vectors")).arg(folder).output().expect("the program starts")
}

/// Exit code and what was printed, errors too.
fn outcome(folder: &Path) -> (Option<i32>, String) {
    let output = run(folder);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("the program prints text"))
}

/// A fresh folder with these files.
fn planted(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for files");
    for (file, text) in files {
        fs::write(folder.join(file), text).expect("a file in it");
    }
    folder
}

#[test]
fn every_row_of_the_reference_passes() {
    for (name, files, rows) in [("reference", 5, 395), ("tails", 2, 240)] {
        let (code, text) = outcome(&folder(name));
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains(&format!("{files} of {files} files priced: {rows} of {rows} rows passed")), "{text}");
    }
}

/// Each expected column of each kind in turn, moved by four tolerances or a part in a thousand: the row must fail.
#[test]
fn a_wrong_expected_value_fails_its_row() {
    let mut columns_moved = 0;
    for entry in fs::read_dir(folder("reference")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (head, row) = (text.lines().next().unwrap(), text.lines().nth(1).unwrap());
        let names: Vec<&str> = head.split(',').collect();
        for (at, name) in names.iter().enumerate().filter(|(_, name)| name.starts_with("expected")) {
            let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
            let value: f64 = cells[at].parse().unwrap();
            cells[at] = (value + value.abs().max(1.0) * 1e-3).to_string();
            let wrong = format!("{head}\n{}\n", cells.join(","));
            let folder = planted("wrong", &[(&path.file_name().unwrap().to_string_lossy(), &wrong)]);
            let (code, printed) = outcome(&folder);
            assert_eq!(code, Some(1), "{name} of {}: {printed}", path.display());
            assert!(printed.contains("0 of 1 rows passed") && printed.contains(name), "{printed}");
            columns_moved += 1;
        }
    }
    assert_eq!(columns_moved, 9 + 4 + 1 + 1 + 1);
}

#[test]
fn what_cannot_be_run_says_why() {
    let head = "id,cp,F,K,T,r,sigma,expected,tolerance\n";
    let good = "a,call,19,19,0.75,0.1,0.28,1.7011,6e-5\n";
    let check = |name: &str, files: &[(&str, String)], code: i32, part: &str| {
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
        let (given, text) = outcome(&planted(name, &files));
        assert_eq!(given, Some(code), "{name}: {text}");
        assert!(text.contains(part), "{name}: {text}");
    };
    let file = "published_black76_haug.csv";
    check("good", &[(file, format!("{head}{good}"))], 0, "1 of 1 rows passed");
    check("column", &[(file, format!("{head}{good}").replace("sigma", "vol"))], 1, "no column `sigma`");
    check("cell", &[(file, format!("{head}{good}").replace("0.28", "low"))], 1, "`sigma` holds `low`, not a number");
    check("kind", &[(file, format!("{head}{good}").replace("call", "cap"))], 1, "`cp` holds `cap`");
    check("domain", &[(file, format!("{head}{good}").replace("0.28", "-0.28"))], 1, "volatility -0.28 is negative");
    check("short", &[(file, format!("{head}a,call\n"))], 1, "cannot be run");
    check("bare", &[(file, head.to_owned())], 1, "no rows");
    check("stranger", &[("x_published_black76_haug.csv", format!("{head}{good}"))], 0, "no pricer");
    check("stranger", &[("published_black76_haug2.csv", format!("{head}{good}"))], 0, "no pricer");
    check("empty", &[("notes.txt", good.to_owned())], 2, "no csv file");
    let (code, text) = outcome(&folder("nowhere"));
    assert_eq!(code, Some(2));
    assert!(text.contains("cannot read folder"), "{text}");
}
