//! States as the Go driver's own codec wrote them.

use super::*;

/// Layout up to 0.6.2: the host's task config, no socket.
pub const UP_TO_0_6_2: &str = "\
    84ab436f6e7461696e65724944a3616263a34e657483ad4175746f416476657274697365c3a24950a931302e38382e30\
    2e32a7506f72744d617081a26462d118eba9537461727465644174af010000000ed697ed400754d4c0ffffaa5461736b\
    436f6e666967de0010a8416c6c6f63446972a22f61a7416c6c6f634944a5616c6c6f63a3444e53c0a944657669636545\
    6e76c0a744657669636573c0a3456e7681a141a131a24944ae616c6c6f632f7461736b2f696e76a74a6f624e616d65a3\
    6a6f62a64d6f756e7473c0a44e616d65a47461736bb04e6574776f726b49736f6c6174696f6ec0a95265736f75726365\
    7382ae4c696e75785265736f757263657388a9435055506572696f6400a843505551756f746100a94350555368617265\
    73d101f4aa43707573657443505573a0aa4370757365744d656d73a0b04d656d6f72794c696d6974427974657300ab4f\
    4f4d53636f726541646a00ac50657263656e745469636b73cb3fd0000000000000ae4e6f6d61645265736f7572636573\
    84a343707581a9437075536861726573d101f4a744657669636573c0a64d656d6f727981a84d656d6f72794d42d10100\
    a84e6574776f726b739188a443494452a0a3444e53c0a6446576696365a0ac44796e616d6963506f7274739184ab486f\
    73744e6574776f726ba0a54c6162656ca26462a2546f00a556616c7565d15406a24950a93132372e302e302e31a54d42\
    69747300a44d6f6465a0ad5265736572766564506f727473c0aa53746465727250617468a22f65aa5374646f75745061\
    7468a22f6fad5461736b47726f75704e616d65a167a455736572a0\
";

/// Layout from 0.6.3 on: the driver's task config.
pub const FROM_0_6_3: &str = "\
    85ab436f6e7461696e65724944a3616263ab4c6f6753747265616d6572c2a34e657483ad4175746f4164766572746973\
    65c3a24950a931302e38382e302e32a7506f72744d617081a46d61696ed122b8a9537461727465644174af010000000e\
    e1e6ca40075bcd15ffffaa5461736b436f6e666967de0031b061707061726d6f725f70726f66696c65a0a461726368a0\
    a46172677391a135a46175746883a870617373776f7264a0aa746c735f766572696679c2a8757365726e616d65a0ae61\
    7574685f736f66745f6661696cc2a76361705f616464c0a86361705f64726f70c0a7636f6d6d616e64a5736c656570ae\
    6370755f6366735f706572696f6400ae6370755f686172645f6c696d6974c2a764657669636573c0aa656e747279706f\
    696e7492a72f62696e2f7368a22d63ab65787472615f686f737473c0aa666f7263655f70756c6cc2a8686f73746e616d\
    65a0a5696d616765a762757379626f78b2696d6167655f70756c6c5f74696d656f7574a2356da4696e6974c2a9696e69\
    745f70617468a0a86970635f6d6f6465a0ac697076345f61646472657373a0ac697076365f61646472657373a0a66c61\
    62656c739181a161a162a76c6f6767696e6782a6647269766572a0a76f7074696f6e73c0b26d656d6f72795f72657365\
    72766174696f6ea0ab6d656d6f72795f73776170a0b16d656d6f72795f7377617070696e6573733cac6e6574776f726b\
    5f6d6f6465a0ad6f6f6d5f73636f72655f61646afba26f73a0aa706964735f6c696d697400a8706f72745f6d61709181\
    a46d61696ed122b8a5706f727473c0aa70726976696c65676564c2af726561646f6e6c795f726f6f746673c2ac736563\
    75726974795f6f7074c0ac73656c696e75785f6f707473c0a873686d5f73697a65a0a6736f636b6574a764656661756c\
    74aa7374617469635f697073c0aa7374617469635f6d6163a0a673797363746cc0a5746d706673c0a3747479c2a6756c\
    696d6974c0a6757365726e73a0a776617269616e74a0a7766f6c756d6573c0ab776f726b696e675f646972a0\
";

/// Bytes written as hexadecimal digits.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

fn read(hex: &str) -> GoState {
    GoState::read(&parse(&bytes(hex)).unwrap()).unwrap()
}

#[test]
fn the_layout_up_to_0_6_2_names_container_and_start() {
    let state = read(UP_TO_0_6_2);
    assert_eq!((state.container.as_str(), state.socket.as_str(), state.streams_logs), ("abc", "", false));
    assert_eq!(state.started_at.unwrap().unix_nanos(), 1_594_226_240_123_000_000);
}

#[test]
fn the_layout_from_0_6_3_names_the_socket_too() {
    let state = read(FROM_0_6_3);
    assert_eq!(
        (state.container.as_str(), state.socket.as_str(), state.streams_logs),
        ("abc", "default", false)
    );
    assert_eq!(state.started_at.unwrap().unix_nanos(), 1_783_944_000_123_456_789);
}

#[test]
fn what_is_written_is_read_with_a_long_id_and_without_a_start() {
    for started_at in [None, Some(Timestamp::from_unix_nanos(1_594_226_240_123_000_007))] {
        let state =
            GoState { container: "ab".repeat(32), started_at, socket: "app".to_owned(), streams_logs: true };
        let map = parse(&state.write("Extra", b"{}")).unwrap();
        assert_eq!(GoState::read(&map), Some(state));
        assert_eq!(field(&map, "Extra").unwrap().as_str(), Some("{}"));
    }
}

/// The Go driver's codec knows neither 8-bit lengths nor binary data (its reader is older than both).
#[test]
fn only_the_old_dialect_is_written() {
    let state =
        GoState { container: "ab".repeat(32), started_at: None, socket: String::new(), streams_logs: true };
    let written = state.write("Extra", b"{}");
    let container = &written[1..][..12 + 3 + 64];
    assert_eq!(container[..15], *b"\xabContainerID\xda\x00\x40");
    let zero = b"\xa9StartedAt\xaf\x01\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff";
    assert!(written.windows(zero.len()).any(|window| window == zero));
}
