//! Turns a state into bytes and back. Floats keep every bit, NaN included.
//!
//! ```
//! # use sconce_sdk::snapshot;
//! const FORMAT: u8 = 1;
//! let bytes = snapshot::save(FORMAT, &(1_u32, f64::NAN))?;
//! let (count, last): (u32, f64) = snapshot::load(FORMAT, &bytes)?;
//! assert!(count == 1 && last.is_nan());
//! assert!(snapshot::load::<(u32, f64)>(2, &bytes).is_err());
//! # Ok::<(), sconce_sdk::Failure>(())
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// Writes `state` behind one byte that names its format. Raise `format` whenever the state's type changes.
///
/// # Errors
/// [`Failure::Internal`] when the type cannot be written, such as a sequence of unknown length.
pub fn save<T: Serialize>(format: u8, state: &T) -> Result<Vec<u8>, Failure> {
    postcard::to_extend(state, vec![format])
        .map_err(|error| Failure::internal(format_args!("the state cannot be written: {error}")))
}

/// Reads what [`save`] wrote under the same format.
///
/// # Errors
/// [`Failure::BadInput`] for another format, for bytes that do not fit the type, and for bytes left over.
pub fn load<T: DeserializeOwned>(format: u8, bytes: &[u8]) -> Result<T, Failure> {
    let (found, rest) = bytes.split_first().ok_or_else(|| Failure::bad_input("the snapshot is empty"))?;
    if *found != format {
        return Err(Failure::bad_input(format_args!("the snapshot has format {found}, this plugin reads {format}")));
    }
    let (state, rest) = postcard::take_from_bytes(rest)
        .map_err(|error| Failure::bad_input(format_args!("the snapshot cannot be read: {error}")))?;
    if rest.is_empty() {
        Ok(state)
    } else {
        Err(Failure::bad_input(format_args!("{} bytes follow the snapshot", rest.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type State = (Vec<f64>, Option<u32>, String);

    #[test]
    fn only_whole_snapshots_of_the_format_are_read() {
        let state: State = (vec![1.0, f64::NAN, -0.0, f64::INFINITY], Some(3), "é".into());
        let bytes = save(1, &state).expect("writes");
        let back: State = load(1, &bytes).expect("reads");
        assert_eq!(
            back.0.iter().map(|v| v.to_bits()).collect::<Vec<_>>(),
            state.0.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        );
        assert_eq!((back.1, back.2), (state.1, state.2));
        for cut in 0..bytes.len() {
            assert!(load::<State>(1, &bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(load::<State>(2, &bytes).is_err());
        assert!(load::<State>(1, &[bytes.as_slice(), &[0]].concat()).is_err());
        assert!(load::<State>(1, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err(), "a huge length allocates nothing");
    }
}
