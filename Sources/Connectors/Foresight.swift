package import France
package import Pipeline

/// A sender whose refusals before sending can be known from the request alone: `explain FILE` names them where nothing is sent.
package protocol ForeseeingSender: Sender {
    /// Why this destination of the request will be refused; nil: nothing stands in the way before the documents are opened.
    func foreseenRefusal(_ request: DocumentRequest, _ facility: Facility, _ part: Part) -> Reason?
}

extension DMPSender: ForeseeingSender {
    package func foreseenRefusal(_ request: DocumentRequest, _ facility: Facility, _ part: Part) -> Reason? {
        gate(request, facility).map { Reason($0) }
    }

    /// What the conversation asks before anything else.
    func gate(_ request: DocumentRequest, _ facility: Facility) -> GateRefusal? {
        RequestControl.dmpGate(
            request, environment: NationalEnvironment(facility.environment),
            productionINSInTest: services.node.productionINSInTest, feeds: facility.feeds, isDMPType: tables.isFed)
    }
}

extension MSSanteSender: ForeseeingSender {
    package func foreseenRefusal(_ request: DocumentRequest, _ facility: Facility, _ part: Part) -> Reason? {
        composition.gate(request, facility, part).map { Reason($0) }
    }
}

extension MailComposition {
    /// The recipient that a part names.
    static func recipient(of part: Part, in request: DocumentRequest) -> RequestParty? {
        guard let wanted = part.notes["address"]?.text?.lowercased() else { return nil }
        return request.recipients.first { $0.address?.lowercased() == wanted }
    }

    /// What the mail's builder asks before anything else.
    func gate(_ request: DocumentRequest, _ facility: Facility, _ part: Part) -> GateRefusal? {
        guard let recipient = Self.recipient(of: part, in: request) else { return nil }
        let list = whiteList.current()
        return RequestControl.mailGate(
            request, to: recipient, environment: NationalEnvironment(facility.environment),
            productionINSInTest: services.node.productionINSInTest, isListed: list.contains
        ).refusal
    }
}

extension NationalEnvironment {
    /// The pipeline's environment in the words of the national services.
    init(_ environment: Environment) { self = environment == .production ? .production : .test }
}
