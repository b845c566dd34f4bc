//! Protocol buffer fields, read without copying: number and value, one after another. It knows no message.

use super::GraphError;

/// The value of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes that nobody here asks for.
    Fixed,
}

const CUT: GraphError = GraphError::Shape("it is cut off or garbled");

/// The fields of a message in order; the first error ends them.
pub(super) fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Field<'_>), GraphError>> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.filter(|bytes| !bytes.is_empty())?;
        match field(bytes) {
            Ok((found, after)) => {
                rest = Some(after);
                Some(Ok(found))
            }
            Err(error) => {
                rest = None;
                Some(Err(error))
            }
        }
    })
}

type Taken<'a> = ((u64, Field<'a>), &'a [u8]);

fn field(bytes: &[u8]) -> Result<Taken<'_>, GraphError> {
    let (key, rest) = varint(bytes)?;
    let (value, rest) = match key & 7 {
        0 => varint(rest).map(|(number, rest)| (Field::Number(number), rest))?,
        1 => rest.split_at_checked(8).map(|(_, rest)| (Field::Fixed, rest)).ok_or(CUT)?,
        2 => {
            let (length, rest) = varint(rest)?;
            let length = usize::try_from(length).map_err(|_| CUT)?;
            rest.split_at_checked(length).map(|(value, rest)| (Field::Bytes(value), rest)).ok_or(CUT)?
        }
        5 => rest.split_at_checked(4).map(|(_, rest)| (Field::Fixed, rest)).ok_or(CUT)?,
        _ => return Err(CUT),
    };
    Ok(((key >> 3, value), rest))
}

fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), GraphError> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at).min(63);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[at + 1..]));
        }
    }
    Err(CUT)
}

/// A name inside a message.
pub(super) fn text(bytes: &[u8]) -> Result<&str, GraphError> {
    std::str::from_utf8(bytes).map_err(|_| GraphError::Shape("a name in it is no text"))
}
