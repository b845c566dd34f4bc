//! One column of a file, whatever the layout.

use std::io::Write as _;

use sconce_datasets::read_column;

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    file
}

#[track_caller]
fn check(text: &str, column: Option<&str>, expected: Result<&[f64], &str>) {
    let file = file(text.as_bytes());
    match (read_column(file.path(), column), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected),
        (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
        (found, expected) => panic!("{found:?} instead of {expected:?}"),
    }
}

#[test]
fn columns() {
    check("value\n1\n2.5\n", None, Ok(&[1.0, 2.5]));
    check("315.5\n316\n", None, Ok(&[315.5, 316.0]));
    check("315.5\n316\n", Some("1"), Ok(&[315.5, 316.0]));
    check("month,passengers\n1949-01,112\n1949-02,118\n", Some("passengers"), Ok(&[112.0, 118.0]));
    check("month,passengers\n1949-01,112\n", Some("2"), Ok(&[112.0]));
    check("open;close\r\n1;2\r\n3;4\r\n", None, Ok(&[2.0, 4.0]));
    check("\"year\",\"cpi\"\n1959,28.98\n", Some("cpi"), Ok(&[28.98]));
    check("close\n", None, Ok(&[]));
    check("a,b\n1,2\n", None, Err("no column `close`; it has `a,b`"));
    check("a,b\n1,2\n", Some("c"), Err("no column `c`"));
    check("a,b\n1,2\n", Some("3"), Err("no column `3`"));
    check("a,b\n1,2\n", Some("0"), Err("no column `0`"));
    check("close\n1\n\"\"\n", None, Err("line 3, column `close`: there is no value"));
    check("close,x\n1,1\n,1\n", None, Err("line 3, column `close`: there is no value"));
    check("close\n1\nNaN\n", None, Err("line 3, column `close`: NaN is no finite number"));
    check("close\n1\ninf\n", None, Err("inf is no finite number"));
    check("close\n1\nabc\n", None, Err("`abc` is not a number"));
    check("close,x\n1,2\n3\n", None, Err("line 3: 1 cells where the first line has 2"));
    check("", None, Err("is empty"));
}

#[test]
fn packed_files() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"ts,close\na,1\nb,2\n").expect("packed");
    let file = file(&packed.finish().expect("packed"));
    assert_eq!(read_column(file.path(), None).expect("read"), [1.0, 2.0]);
}

#[test]
fn no_file() {
    let error = read_column("/there/is/none.csv".as_ref(), None).expect_err("there is none").to_string();
    assert!(error.contains("/there/is/none.csv"), "{error}");
}
