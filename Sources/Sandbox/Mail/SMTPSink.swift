import NIOCore

/// An SMTP server that takes every mail and keeps it: `mail/N.eml` as sent, `mail/N.envelope` with its envelope.
final class SMTPSink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let limit = 64 << 20
    private let outbox: Outbox
    private var line: [UInt8] = []
    private var mail: [UInt8] = []
    private var envelope: [String] = []
    private var isData = false

    init(outbox: Outbox) { self.outbox = outbox }

    func channelActive(context: ChannelHandlerContext) { say(context, "220 sandbox ESMTP") }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            line.append(byte)
            if byte == 0x0A {
                let whole = line
                line.removeAll(keepingCapacity: true)
                if isData { content(context, whole) } else { command(context, whole) }
            }
        }
        if line.count + mail.count > Self.limit { context.close(promise: nil) }
    }

    private func content(_ context: ChannelHandlerContext, _ line: [UInt8]) {
        if line == Array(".\r\n".utf8) {
            isData = false
            let number = outbox.next("mail")
            outbox.write("mail", number, "envelope", Array((envelope.joined(separator: "\n") + "\n").utf8))
            outbox.write("mail", number, "eml", mail)
            mail = []
            envelope = []
            return say(context, "250 2.0.0 kept as \(number)")
        }
        mail += line.first == 0x2E ? line[1...] : line[...]
    }

    private func command(_ context: ChannelHandlerContext, _ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline).joined()
        switch text.split(separator: " ").first?.uppercased() ?? "" {
        case "EHLO": say(context, "250-sandbox\r\n250-SIZE \(Self.limit)\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN")
        case "HELO": say(context, "250 sandbox")
        case "MAIL":
            envelope = [text]
            say(context, "250 2.1.0 ok")
        case "RCPT":
            envelope.append(text)
            say(context, "250 2.1.5 ok")
        case "DATA":
            guard envelope.count > 1 else { return say(context, "503 5.5.1 MAIL and RCPT first") }
            isData = true
            say(context, "354 go ahead")
        case "RSET":
            envelope = []
            say(context, "250 2.0.0 ok")
        case "NOOP": say(context, "250 2.0.0 ok")
        case "QUIT":
            say(context, "221 2.0.0 bye")
            context.close(promise: nil)
        default: say(context, "502 5.5.2 not here")
        }
    }

    private func say(_ context: ChannelHandlerContext, _ text: String) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
