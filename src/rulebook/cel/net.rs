//! Functions over addresses and networks. Source: Kubernetes apiserver `pkg/cel/library/ip.go`, `cidr.go`.

use std::net::IpAddr;

use super::functions::Function;
use super::value::{Outcome, Stop, Value};

/// Calls a function over addresses; `None` where it is another one.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Option<Outcome<'w>> {
    Some(match (function, arguments) {
        (Function::Ip, [Value::Str(text)]) => {
            text.parse().map(Value::Ip).map_err(|_| Stop::error(format!("`{text}` is no address")))
        }
        (Function::Ip, [Value::Cidr(address, _)]) => Ok(Value::Ip(*address)),
        (Function::IsIp, [Value::Str(text)]) => Ok(Value::Bool(text.parse::<IpAddr>().is_ok())),
        (Function::Cidr, [Value::Str(text)]) => match network(text) {
            Some((address, length)) => Ok(Value::Cidr(address, length)),
            None => Err(Stop::error(format!("`{text}` is no network"))),
        },
        (Function::IsCidr, [Value::Str(text)]) => Ok(Value::Bool(network(text).is_some())),
        (Function::PrefixLength, [Value::Cidr(_, length)]) => Ok(Value::Int(i64::from(*length))),
        (Function::Family, [Value::Ip(address)]) => Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        (Function::ContainsIp, [Value::Cidr(net, length), Value::Ip(address)]) => {
            Ok(Value::Bool(holds(*net, *length, *address)))
        }
        (Function::ContainsIp, [Value::Cidr(net, length), Value::Str(text)]) => match text.parse() {
            Ok(address) => Ok(Value::Bool(holds(*net, *length, address))),
            Err(_) => Err(Stop::error(format!("`{text}` is no address"))),
        },
        (Function::ContainsCidr, [Value::Cidr(net, length), other]) => {
            let inner = match other {
                Value::Cidr(address, inner) => Some((*address, *inner)),
                Value::Str(text) => network(text),
                _ => None,
            };
            match inner {
                Some((address, inner)) => Ok(Value::Bool(inner >= *length && holds(*net, *length, address))),
                None => Err(Stop::error("it is no network")),
            }
        }
        _ => return None,
    })
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (IpAddr, u8) = (address.parse().ok()?, length.parse().ok()?);
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

fn holds(net: IpAddr, length: u8, address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    };
    net.is_ipv4() == address.is_ipv4() && {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        bits(net) & mask == bits(address) & mask
    }
}
