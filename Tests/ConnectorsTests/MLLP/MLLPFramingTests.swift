import NIOCore
import Testing

@testable import Connectors

@Suite struct MLLPFramingTests {
    /// What a cut of bytes gives: content joined, frames ended, junk counted.
    private func read(_ pieces: [[UInt8]]) -> (frames: [[UInt8]], junk: Int, open: Bool) {
        var framing = MLLPFraming()
        var frames = [[UInt8]]()
        var content = [UInt8]()
        var junk = 0
        var left = ByteBuffer()
        for piece in pieces {
            left.writeBytes(piece)
            while let event = framing.next(&left) {
                switch event {
                case .junk(let count): junk += count
                case .start: content = []
                case .content(let slice): content += slice.readableBytesView
                case .end: frames.append(content)
                }
            }
        }
        return (frames, junk, framing.isInside)
    }

    private static let cases: [(String, [UInt8], [[UInt8]], Int)] = [
        ("one frame", framed([1, 2, 3]), [[1, 2, 3]], 0),
        ("two frames in one packet", framed([1]) + framed([2]), [[1], [2]], 0),
        ("an empty frame", framed([]), [[]], 0),
        ("junk before, between and after", [9, 9] + framed([1]) + [8] + framed([2]) + [7], [[1], [2]], 4),
        ("line ends, blanks and zeros between frames are not junk", [0x0D, 0x0A, 0, 0x20] + framed([1]) + [0x0D], [[1]], 0),
        ("a lone end byte is content", framed([1, 0x1C, 2]), [[1, 0x1C, 2]], 0),
        ("two end bytes in a row", framed([1, 0x1C]), [[1, 0x1C]], 0),
        ("an end without carriage return, then a frame", [0x0B, 1, 0x1C] + framed([2]), [[1], [2]], 0),
        ("a frame without end", framed([1]) + [0x0B, 2, 3], [[1]], 0),
        ("binary noise", Array(20...200).filter { $0 != 0x20 }, [], 180),
        ("a carriage return inside", framed([0x0D, 1, 0x0D]), [[0x0D, 1, 0x0D]], 0),
    ]

    @Test("Frames are the same however the bytes are cut: at once, byte by byte, in every two pieces (HL7 v2.5 C.4)", arguments: cases.indices)
    func drip(index: Int) {
        let (name, bytes, frames, junk) = MLLPFramingTests.cases[index]
        let cuts = [[bytes], bytes.map { [$0] }] + bytes.indices.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        for cut in cuts {
            let result = read(cut)
            #expect(result.frames == frames && result.junk == junk, "\(name)")
        }
    }

    @Test("A frame without end is known to be open")
    func open() {
        #expect(read([[0x0B, 1]]).open)
        #expect(read([[0x0B, 1, 0x1C]]).open)
        #expect(!read([framed([1])]).open)
        #expect(MLLPFraming.frame([1, 2]) == ByteBuffer(bytes: framed([1, 2])))
    }

    @Test("A start byte before MSH inside a frame drops the earlier, cut frame; elsewhere it is content")
    func restart() {
        #expect(MLLPFrame.lastMessage(Array("MSH|half\u{B}MSH|whole".utf8)).bytes == Array("MSH|whole".utf8))
        #expect(MLLPFrame.lastMessage(Array("MSH|half\u{B}MSH|whole".utf8)).cut)
        #expect(MLLPFrame.lastMessage(Array("MSH|a\u{B}b".utf8)).bytes == Array("MSH|a\u{B}b".utf8))
        #expect(!MLLPFrame.lastMessage(Array("MSH|a".utf8)).cut)
    }
}
