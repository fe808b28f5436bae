import Benchmark
import Testing

struct PrivacyMaskTests {
  private func masked(_ text: String, names: [String] = [], kept: [String] = []) -> String {
    var mask = PrivacyMask(names: names, kept: kept)
    return mask.masked(text)
  }

  @Test(arguments: [
    ("peer 10.9.0.2 port 4", "peer <address 1> port 4"),
    ("10.9.0.2:5201", "<address 1>:5201"),
    ("to 10.9.0.2.", "to <address 1>."),
    ("src-ip fd09::2 dst-ip fd09::1", "src-ip <address 1> dst-ip <address 2>"),
    ("[fd09::1]:5201, fe80::1%eth0: refused", "[<address 1>]:5201, <address 2>%eth0: refused"),
    ("::ffff:10.9.0.2", "<address 1>"),
    ("Address: 02:fc:00:00:00:01", "Address: <address 1>"),
    ("key 6d:5a:56:da:25:5b:0e:c2", "key <address 1>"),
  ])
  func addressesAreMasked(text: String, expected: String) {
    #expect(masked(text) == expected)
  }

  @Test(arguments: [
    "pci 0000:00:02.0", "at 12:34:56", "7.3.4+deb13-cloud-amd64", "zc 0.0 to 100.0 %", "zcrx-bench: note: decade",
    "rx-3: interrupt 39", "", "…",
  ])
  func otherTextStays(text: String) {
    #expect(masked(text) == text)
  }

  @Test func anAddressHasOneNumber() {
    var mask = PrivacyMask(names: [])
    #expect(mask.masked("10.0.0.1 10.0.0.2") == "<address 1> <address 2>")
    #expect(mask.masked("10.0.0.2") == "<address 2>")
  }

  @Test func namesAreMaskedAsWords() {
    let names = ["db7", "db7.example.org"]
    #expect(masked("Linux db7 7.3.4 (db7.example.org), db7x", names: names) == "Linux <name> 7.3.4 (<name>), db7x")
  }

  @Test func versionsAreKept() {
    #expect(
      masked("firmware 214.0.253.1 of 214.0.253.2", kept: ["214.0.253.1"]) == "firmware 214.0.253.1 of <address 1>")
  }
}
