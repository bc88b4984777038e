import HL7v2
import NIOCore

/// Receives HL7 by MLLP, keeps it, answers AA: what a hospital's record system does with acknowledgements.
final class MLLPReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let limit = 64 << 20
    private let outbox: Outbox
    private let clock: @Sendable () -> Int64
    private var frame: [UInt8] = []
    private var isOpen = false

    init(outbox: Outbox, clock: @escaping @Sendable () -> Int64) {
        self.outbox = outbox
        self.clock = clock
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        for byte in buffer.readableBytesView {
            if !isOpen {
                isOpen = byte == 0x0B
            } else if byte == 0x0D, frame.last == 0x1C {
                frame.removeLast()
                answer(context)
                frame = []
                isOpen = false
            } else {
                frame.append(byte)
            }
        }
        if frame.count > Self.limit { context.close(promise: nil) }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let number = outbox.next("zam")
        outbox.write("zam", number, "er7", frame)
        let message = try? HL7Message(frame)
        let ack = Acknowledgement.build(
            message == nil ? .AR : .AA, for: message, sender: ("DPI", "SANDBOX"), controlID: "SBX\(number)",
            time: HL7Time(milliseconds: clock() * 1000).text)
        var out = context.channel.allocator.buffer(capacity: ack.count + 3)
        out.writeInteger(UInt8(0x0B))
        out.writeBytes(ack)
        out.writeBytes([0x1C, 0x0D])
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
