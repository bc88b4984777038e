import Clinical

/// Why an attempt did not end well, for people and for the business acknowledgement.
package struct DMPReason: Sendable, Hashable {
    /// The DMP's own code, or ours (`DMP_…`, `HTTP_503`).
    package let code: String
    /// Label for ERR-5 of the acknowledgement: the far end's text with long numbers masked, else ours.
    package let label: String
    /// For people; hold no value of the message.
    package let french: String
    /// The same in English.
    package let english: String
    /// What the far end said, word for word: may quote the message.
    package let detail: String

    /// A reason; without `label`, the far end's text with long numbers hidden.
    package init(code: String, label: String? = nil, french: String, english: String, detail: String = "") {
        self.code = code
        self.label = label ?? DMPReason.masked(detail) ?? french
        self.french = french
        self.english = english
        self.detail = detail
    }

    /// The text with every run of eight digits or more hidden (an INS, an RPPS), cut at 200 characters; nil when empty.
    static func masked(_ text: String) -> String? {
        var out = ""
        var run = ""
        for character in text.prefix(200) {
            if character.isASCII, character.isNumber {
                run.append(character)
                continue
            }
            out += run.count >= 8 ? "•••" : run
            run = ""
            out.append(character.isNewline ? " " : character)
        }
        out += run.count >= 8 ? "•••" : run
        return out.isEmpty ? nil : out
    }
}

/// What became of one exchange, as the transport saw it.
package enum DMPExchange: Sendable {
    /// A complete HTTP answer. `serverTime`: its Date header, seconds since 1970.
    case answered(status: Int, contentType: String?, body: [UInt8], serverTime: Int64?)
    /// No byte of the request can have been acted upon.
    case nothingSent(String, ourSetup: Bool)
    /// The request left, at least in part, and no complete answer came.
    case unanswered(String)
}

/// What is known of a delivery when an answer is judged.
package struct DMPContext: Sendable {
    /// An earlier attempt of the same lot may have been stored: it ended without answer.
    package var isUncertain = false
    /// From 1.
    package var attempt = 1
    /// A replacement or a deletion, which names an existing entry.
    package var namesEntry = false
    /// The entry was already looked up a second time.
    package var hasLookedAgain = false
    /// An earlier delivery of the document that this one names is still open.
    package var predecessorIsOpen = false
    /// Our clock, seconds since 1970.
    package var now: Int64 = 0

    /// A first attempt of a first sending.
    package init() {}
}

/// What to do about an attempt: the DMP's answer weighed with what happened before.
package enum DMPVerdict: Sendable, Hashable {
    /// The DMP has it; the word says why we know.
    case delivered(String)
    /// `farEnd`: the DMP itself is away or busy, and would be for any other document.
    case deferred(DMPReason, nothingStored: Bool, farEnd: Bool)
    case refused(DMPReason)
    /// Sent, no answer: the same lot again.
    case unknown(DMPReason)
    case held(DMPReason, owner: String)
    /// Everything of this structure would fail.
    case halted(DMPReason)
    /// Look the entry up once more and send again.
    case lookAgain(DMPReason)
}

/// Judges the DMP's answers.
package struct DMPJudge: Sendable {
    /// The rules, as data.
    package let table: DMPAnswerTable

    /// A judge by this table.
    package init(_ table: DMPAnswerTable) { self.table = table }

    /// The answer to a submission or a deletion (ITI-41, ITI-57).
    package func submission(_ exchange: DMPExchange, _ context: DMPContext) -> DMPVerdict {
        switch exchange {
        case .nothingSent(let text, let ourSetup): return notSent(text, ourSetup, context)
        case .unanswered(let text): return .unknown(noAnswer(text))
        case .answered(let status, let contentType, let body, let serverTime):
            let answer: RegistryAnswer
            do { answer = try RegistryAnswer(body, contentType: contentType) } catch { return unreadable(status, context) }
            switch answer {
            case .registry(let response), .query(let response, _): return judge(response, serverTime, context)
            case .fault(let fault): return judge(fault, serverTime, context)
            }
        }
    }

    /// The answer to a look-up (TD3.1b): the entryUUID, or what to do. A look-up stores nothing: no answer is no harm.
    package func lookUp(_ exchange: DMPExchange, _ context: DMPContext) -> Result<String, DMPLookUpFailure> {
        guard case .answered(_, let contentType, let body, _) = exchange,
            case .query(let response, let objects)? = try? RegistryAnswer(body, contentType: contentType), response.status == .success
        else {
            let verdict = submission(exchange, context)
            switch verdict {
            case .unknown(let reason): return .failure(DMPLookUpFailure(.deferred(reason, nothingStored: !context.isUncertain, farEnd: true)))
            case .delivered, .lookAgain:
                let reason = DMPReason(
                    code: "DMP_ANSWER", french: "Réponse inattendue à la recherche du document", english: "Unexpected answer to the look-up")
                return .failure(DMPLookUpFailure(.held(reason, owner: "vendor")))
            default: return .failure(DMPLookUpFailure(verdict))
            }
        }
        // The newest entry of a document comes first; a registry without history gives one.
        if let entry = objects.first { return .success(entry) }
        let reason = DMPReason(
            code: "DMP_DOCUMENT_INCONNU", french: "Le document à remplacer ou à supprimer n'est pas dans le DMP",
            english: "The document to replace or delete is not in the DMP")
        return .failure(DMPLookUpFailure(context.predecessorIsOpen ? .deferred(reason, nothingStored: true, farEnd: false) : .refused(reason)))
    }

    private func judge(_ response: RegistryResponse, _ serverTime: Int64?, _ context: DMPContext) -> DMPVerdict {
        // Success may carry warnings, and is success.
        if response.status == .success { return .delivered("Success") }
        guard let error = response.firstError else {
            let reason = DMPReason(
                code: "DMP_ANSWER", french: "Le DMP refuse sans dire pourquoi", english: "The DMP refuses without saying why")
            return .held(reason, owner: "exploitation")
        }
        let row = table.row(fault: false, code: error.code, text: error.context)
        return weigh(row, code: error.code, text: error.context, serverTime, context)
    }

    private func judge(_ fault: SOAPFault, _ serverTime: Int64?, _ context: DMPContext) -> DMPVerdict {
        let code = fault.subcode ?? fault.code
        return weigh(table.row(fault: true, code: code, text: fault.reason), code: code, text: fault.reason, serverTime, context)
    }

    private func weigh(
        _ row: DMPAnswerTable.Row?, code: String, text: String, _ serverTime: Int64?, _ context: DMPContext
    ) -> DMPVerdict {
        let reason = DMPReason(
            code: code, french: row?.french ?? "Le DMP refuse la demande", english: row?.english ?? "The DMP refuses the request", detail: text)
        let owner = row.map { $0.owner.isEmpty ? "exploitation" : $0.owner } ?? "exploitation"
        switch row?.outcome ?? .held {
        case .transient: return .deferred(reason, nothingStored: !context.isUncertain, farEnd: true)
        case .twice:
            return context.attempt <= 2 ? .deferred(reason, nothingStored: !context.isUncertain, farEnd: false) : .held(reason, owner: owner)
        case .duplicate: return context.isUncertain ? .delivered(code) : .held(reason, owner: owner)
        case .stale:
            if context.isUncertain { return .held(reason, owner: owner) }
            return context.namesEntry && !context.hasLookedAgain ? .lookAgain(reason) : .refused(reason)
        case .refused: return .refused(reason)
        case .held: return .held(reason, owner: owner)
        case .halted: return .halted(reason)
        case .clock: return .halted(clockReason(reason, serverTime, context))
        }
    }

    /// Names the difference of the clocks when the answer tells the far end's time.
    private func clockReason(_ reason: DMPReason, _ serverTime: Int64?, _ context: DMPContext) -> DMPReason {
        guard let serverTime, context.now != 0 else { return reason }
        let skew = context.now - serverTime
        let (fr, en) = skew >= 0 ? ("en avance de \(skew) s", "\(skew) s ahead") : ("en retard de \(-skew) s", "\(-skew) s behind")
        return DMPReason(
            code: reason.code, label: reason.label, french: "\(reason.french) (notre horloge est \(fr) sur celle du DMP)",
            english: "\(reason.english) (our clock is \(en))", detail: reason.detail)
    }

    private func notSent(_ text: String, _ ourSetup: Bool, _ context: DMPContext) -> DMPVerdict {
        if ourSetup {
            return .halted(
                DMPReason(
                    code: "DMP_CONNECTION", label: "Connexion au DMP refusée",
                    french: "La connexion au DMP est refusée : certificat ou adresse à revoir (\(text))",
                    english: "The connection to the DMP is refused: look at certificate and address (\(text))"))
        }
        return .deferred(
            DMPReason(
                code: "DMP_CONNECTION", label: "DMP injoignable", french: "Le DMP est injoignable (\(text))",
                english: "The DMP cannot be reached (\(text))"),
            nothingStored: !context.isUncertain, farEnd: true)
    }

    private func noAnswer(_ text: String) -> DMPReason {
        DMPReason(
            code: "DMP_NO_ANSWER", label: "Pas de réponse du DMP", french: "La demande est partie, le DMP n'a pas répondu (\(text))",
            english: "The request left, the DMP did not answer (\(text))")
    }

    /// An HTTP answer that is no SOAP: its status decides.
    private func unreadable(_ status: Int, _ context: DMPContext) -> DMPVerdict {
        let reason = DMPReason(
            code: "HTTP_\(status)", label: "Réponse HTTP \(status) du DMP", french: "Le DMP répond HTTP \(status) sans message lisible",
            english: "The DMP answers HTTP \(status) without a readable message")
        switch status {
        case 408, 429, 503: return .deferred(reason, nothingStored: !context.isUncertain, farEnd: true)
        case 401, 403, 404, 405, 415: return .halted(reason)
        case 413: return .refused(reason)
        case 400..<500: return .held(reason, owner: "vendor")
        // A gateway that gave up, or an answer that broke: the DMP may have stored it.
        default: return .unknown(reason)
        }
    }
}

/// What to do when a look-up gave no entry.
package struct DMPLookUpFailure: Error, Sendable, Hashable {
    /// What the delivery becomes.
    package let verdict: DMPVerdict

    init(_ verdict: DMPVerdict) { self.verdict = verdict }
}
