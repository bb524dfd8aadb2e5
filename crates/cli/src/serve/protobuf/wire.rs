//! Protobuf's wire format: fields, each with its number.

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// A whole number, or a truth.
    Int(i64),
    /// A text, bytes, or a message.
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    /// The bytes.
    ///
    /// # Errors
    /// When it is a number.
    pub fn bytes(self) -> Result<&'a [u8], String> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            Field::Int(_) => Err("a number where there should be a message".into()),
        }
    }

    /// The number.
    ///
    /// # Errors
    /// When it is not one.
    pub fn int(self) -> Result<i64, String> {
        match self {
            Field::Int(value) => Ok(value),
            Field::Bytes(_) => Err("a message where there should be a number".into()),
        }
    }
}

/// Reads the fields of a message one by one; ends behind the first error.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Reader(message)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or("unexpected EOF")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("integer overflow".into())
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let length = usize::try_from(length).ok().filter(|n| *n <= self.0.len()).ok_or("unexpected EOF")?;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(bytes)
    }

    fn field(&mut self) -> Result<(usize, Field<'a>), String> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Int(self.varint()? as i64),
            1 => Field::Bytes(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Bytes(self.take(4)?),
            other => return Err(format!("illegal wireType {other}")),
        };
        Ok((usize::try_from(key >> 3).unwrap_or(usize::MAX), field))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<(usize, Field<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}
