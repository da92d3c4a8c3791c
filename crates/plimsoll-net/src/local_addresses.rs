//! The addresses of this machine that virtual users connect from.
//!
//! k6's `localIPs`: single addresses, ranges from one address to another, and networks in CIDR notation, of
//! which IPv4's own first and last address are left out.

use std::net::IpAddr;
use std::str::FromStr;

/// A list of blocks of addresses; nothing of it is written out, since a network can be large.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalAddresses(Vec<Block>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    first: IpAddr,
    count: u128,
}

/// A text that is no list of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address, range or network (expected for example 10.0.0.5, 10.0.0.5-10.0.0.9 or 10.0.0.0/24)"
)]
pub struct InvalidLocalAddresses(String);

impl LocalAddresses {
    /// Whether the system chooses.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of the user with that number, from 0: they take turns.
    pub fn of_user(&self, number: u64) -> Option<IpAddr> {
        let all = self.0.iter().fold(0_u128, |all, block| all.saturating_add(block.count));
        let mut number = u128::from(number).checked_rem(all)?;
        for block in &self.0 {
            if number < block.count {
                return Some(block.address(number));
            }
            number -= block.count;
        }
        None
    }
}

impl Block {
    fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (from, to) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits().into(), last.to_bits().into()),
            (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits()),
            _ => return None,
        };
        Some(Self { first, count: to.checked_sub(from)?.saturating_add(1) })
    }

    fn network(first: IpAddr, prefix: u32) -> Option<Self> {
        match first {
            IpAddr::V4(address) => {
                let host_bits = 32_u32.checked_sub(prefix)?;
                let count = 1_u64 << host_bits;
                let network = u64::from(address.to_bits()) / count * count;
                // The network itself and its broadcast address are no host's.
                let (first, count) = if host_bits >= 2 { (network + 1, count - 2) } else { (network, count) };
                let first = u32::try_from(first).ok()?;
                Some(Self { first: IpAddr::from(first.to_be_bytes()), count: count.into() })
            }
            IpAddr::V6(address) => {
                let host_bits = 128_u32.checked_sub(prefix)?;
                let count = 1_u128.checked_shl(host_bits).unwrap_or(u128::MAX);
                let network = address.to_bits() & !(count - 1);
                Some(Self { first: IpAddr::from(network.to_be_bytes()), count })
            }
        }
    }

    fn address(&self, number: u128) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => {
                let bits = u128::from(first.to_bits()) + number;
                IpAddr::from(u32::try_from(bits).unwrap_or(u32::MAX).to_be_bytes())
            }
            IpAddr::V6(first) => IpAddr::from(first.to_bits().saturating_add(number).to_be_bytes()),
        }
    }
}

impl FromStr for LocalAddresses {
    type Err = InvalidLocalAddresses;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let block = |item: &str| block(item).ok_or_else(|| InvalidLocalAddresses(item.to_owned()));
        items.map(block).collect::<Result<_, _>>().map(Self)
    }
}

fn block(item: &str) -> Option<Block> {
    if let Some((network, prefix)) = item.split_once('/') {
        return Block::network(network.parse().ok()?, prefix.parse().ok()?);
    }
    let (first, last) = item.split_once('-').unwrap_or((item, item));
    Block::between(first.trim().parse().ok()?, last.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_take_turns() {
        let addresses: LocalAddresses =
            "10.0.0.5, 10.0.1.254-10.0.2.1,192.168.7.77/30,fd00::8/127".parse().unwrap();
        let all: Vec<String> = (0..10).map(|user| addresses.of_user(user).unwrap().to_string()).collect();
        let expected = [
            "10.0.0.5",
            "10.0.1.254",
            "10.0.1.255",
            "10.0.2.0",
            "10.0.2.1",
            "192.168.7.77",
            "192.168.7.78",
            "fd00::8",
            "fd00::9",
            "10.0.0.5",
        ];
        assert_eq!(all, expected);
        let everything: LocalAddresses = "::/0,0.0.0.0/0".parse().unwrap();
        assert_eq!(everything.of_user(u64::MAX).unwrap().to_string(), "::ffff:ffff:ffff:ffff");
        assert_eq!(LocalAddresses::default().of_user(3), None);
        let one: LocalAddresses = "10.0.0.9/32".parse().unwrap();
        assert_eq!(one.of_user(7).unwrap().to_string(), "10.0.0.9");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in ["x", "10.0.0.0/33", "10.0.0.9-10.0.0.5", "10.0.0.1-::1", "::/129", "10.0.0.1-"] {
            let error = text.parse::<LocalAddresses>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text:?} is no address")), "{error}");
        }
    }
}
