//! Values of the exchange as PostgreSQL's, and back.

use bytes::BytesMut;
use postrider_store::transfer::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::fault::{Fault, Res};

type Wrong = Box<dyn std::error::Error + Sync + Send>;

/// A value that goes into a column.
#[derive(Debug)]
pub(super) struct Cell<'a>(pub(super) &'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        match (self.0, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out),
            (Value::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(ty, out),
            (Value::Int(truth), &Type::BOOL) => (*truth != 0).to_sql(ty, out),
            (Value::Text(text), &Type::TEXT) => text.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::UUID) => Uuid::from_slice(bytes)?.to_sql(ty, out),
            (Value::Ints(numbers), &Type::INT8_ARRAY) => numbers.to_sql(ty, out),
            (Value::Ints(numbers), &Type::INT4_ARRAY) => {
                let numbers: Result<Vec<i32>, _> =
                    numbers.iter().map(|number| i32::try_from(*number)).collect();
                numbers?.to_sql(ty, out)
            }
            (value, ty) => Err(format!("{value:?} is no value of a column of type {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // What does not fit is told with the value.
        true
    }

    to_sql_checked!();
}

/// A value out of a column.
pub(super) fn value(row: &Row, index: usize) -> Res<Value> {
    Ok(match *row.columns()[index].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(i64::from).into(),
        Type::INT2 => row.try_get::<_, Option<i16>>(index)?.map(i64::from).into(),
        Type::BOOL => row.try_get::<_, Option<bool>>(index)?.into(),
        Type::TEXT => row.try_get::<_, Option<String>>(index)?.map_or(Value::Null, Value::Text),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
        Type::UUID => row.try_get::<_, Option<Uuid>>(index)?.map(|id| id.into_bytes().to_vec()).into(),
        Type::INT8_ARRAY => row.try_get::<_, Option<Vec<i64>>>(index)?.into(),
        Type::INT4_ARRAY => {
            let numbers: Option<Vec<i32>> = row.try_get(index)?;
            numbers.map(|numbers| numbers.into_iter().map(i64::from).collect::<Vec<i64>>()).into()
        }
        ref other => return Err(Fault::corrupt("(any)", "type", row.columns()[index].name(), other)),
    })
}
