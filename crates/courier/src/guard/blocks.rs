//! The blocks that are refused, by the IANA registries of special-purpose addresses (RFC 6890 and what followed).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Blocked::{
    self, Benchmarking, Documentation, LinkLocal, Loopback, Multicast, Private, Reserved, Shared, Transition,
    Unspecified,
};

struct BlockV4(Ipv4Addr, u32, Blocked);
struct BlockV6(Ipv6Addr, u32, Blocked);

const fn v4(a: u8, b: u8, c: u8, prefix: u32, blocked: Blocked) -> BlockV4 {
    BlockV4(Ipv4Addr::new(a, b, c, 0), prefix, blocked)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u32, blocked: Blocked) -> BlockV6 {
    BlockV6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix, blocked)
}

const V4: [BlockV4; 18] = [
    v4(0, 0, 0, 8, Unspecified),
    v4(10, 0, 0, 8, Private),
    v4(100, 64, 0, 10, Shared),
    v4(127, 0, 0, 8, Loopback),
    v4(169, 254, 0, 16, LinkLocal),
    v4(172, 16, 0, 12, Private),
    v4(192, 0, 0, 24, Reserved), // IETF protocol assignments (RFC 6890)
    v4(192, 0, 2, 24, Documentation),
    v4(192, 31, 196, 24, Reserved),  // AS112 (RFC 7535)
    v4(192, 52, 193, 24, Reserved),  // AMT (RFC 7450)
    v4(192, 88, 99, 24, Transition), // 6to4 relays (RFC 7526)
    v4(192, 168, 0, 16, Private),
    v4(192, 175, 48, 24, Reserved), // AS112 (RFC 7534)
    v4(198, 18, 0, 15, Benchmarking),
    v4(198, 51, 100, 24, Documentation),
    v4(203, 0, 113, 24, Documentation),
    v4(224, 0, 0, 4, Multicast),
    v4(240, 0, 0, 4, Reserved), // with 255.255.255.255
];

/// The first that holds counts: the narrow ones come before the wide ones.
const V6: [BlockV6; 15] = [
    BlockV6(Ipv6Addr::UNSPECIFIED, 128, Unspecified),
    BlockV6(Ipv6Addr::LOCALHOST, 128, Loopback),
    BlockV6(Ipv6Addr::UNSPECIFIED, 96, Transition), // IPv4-compatible (RFC 4291, 2.5.5.1)
    v6(0x64, 0xff9b, 1, 48, Transition),            // local-use NAT64 (RFC 8215)
    v6(0x2001, 0, 0, 32, Transition),               // Teredo (RFC 4380)
    v6(0x2001, 2, 0, 48, Benchmarking),
    v6(0x2001, 0, 0, 23, Reserved), // IETF protocol assignments (RFC 2928)
    v6(0x2001, 0xdb8, 0, 32, Documentation),
    v6(0x2002, 0, 0, 16, Transition),       // 6to4 (RFC 3056)
    v6(0x2620, 0x4f, 0x8000, 48, Reserved), // AS112 (RFC 7534)
    v6(0x3fff, 0, 0, 20, Documentation),
    v6(0xfc00, 0, 0, 7, Private),
    v6(0xfe80, 0, 0, 10, LinkLocal),
    v6(0xfec0, 0, 0, 10, Reserved), // site-local (RFC 3879)
    v6(0xff00, 0, 0, 8, Multicast),
];

/// The block in which `address` lies, if it is not an ordinary public address.
pub(super) fn block_of_v4(address: Ipv4Addr) -> Option<Blocked> {
    V4.iter()
        .find(|BlockV4(network, prefix, _)| (address.to_bits() ^ network.to_bits()) >> (32 - prefix) == 0)
        .map(|BlockV4(.., blocked)| *blocked)
}

/// The block in which `address` lies, if it is not an ordinary global unicast address (`2000::/3`).
pub(super) fn block_of_v6(address: Ipv6Addr) -> Option<Blocked> {
    V6.iter()
        .find(|BlockV6(network, prefix, _)| (address.to_bits() ^ network.to_bits()) >> (128 - prefix) == 0)
        .map(|BlockV6(.., blocked)| *blocked)
        .or_else(|| (address.to_bits() >> 125 != 1).then_some(Reserved))
}
