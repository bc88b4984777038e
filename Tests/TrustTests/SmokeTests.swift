import Testing
import Trust

@Test("digests") func smoke() { #expect(Digest.hex(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d") }
