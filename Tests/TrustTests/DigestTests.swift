import Testing
import Trust

@Suite("Digests") struct DigestTests {
    let abc = Array("abc".utf8)

    @Test("SHA-1 and SHA-256 of FIPS 180-4's example") func known() {
        #expect(Digest.hex(Digest.sha1(abc)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Digest.hex(Digest.sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.hex(Digest.sha256(abc[0..<0])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("Fed piece by piece, the same") func streamed() {
        let stream = DigestStream(.sha1)
        for byte in abc { stream.update([byte]) }
        #expect(stream.finish() == Digest.sha1(abc))
    }

    @Test("HMAC-SHA-256 of RFC 4231 test case 2") func hmac() {
        let mac = HMAC.sha256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(Digest.hex(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test("Random bytes differ") func random() {
        #expect(RandomBytes.make(16).count == 16)
        #expect(RandomBytes.make(16) != RandomBytes.make(16))
    }
}

@Suite("Distinguished names") struct NameTests {
    @Test("RFC 2253 and the reverse order with blanks are the same name (PFI guide 2024 prints the latter)") func orders() throws {
        let a = try #require(DistinguishedName("CN=PFI CACHET FICTIF,OU=1750999990,O=CENTRE HOSPITALIER FICTIF,ST=Paris (75),C=FR"))
        let b = try #require(DistinguishedName("C=FR, S=Paris (75), O=Centre  Hospitalier Fictif, OU=1750999990, CN=PFI CACHET FICTIF"))
        #expect(a == b)
        #expect(a.hashValue == b.hashValue)
        #expect(a["OU"] == "1750999990")
        #expect(a != DistinguishedName("CN=PFI CACHET FICTIF,OU=1750999991,O=CENTRE HOSPITALIER FICTIF,ST=Paris (75),C=FR"))
    }

    @Test("Escapes are read and written") func escapes() throws {
        let name = try #require(DistinguishedName(#"CN=A\, B\2B,O="X, Y",C=FR"#))
        #expect(name["CN"] == "A, B+")
        #expect(name["O"] == "X, Y")
        #expect(DistinguishedName(name.description) == name)
        #expect(DistinguishedName("no equals sign") == nil)
    }
}
