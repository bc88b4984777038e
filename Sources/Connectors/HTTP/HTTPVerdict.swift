import Pipeline
import Trust
import Wire

/// What a status means for a delivery (RFC 9110 §15).
enum HTTPVerdict {
    /// - Parameter now: the time of the attempt, for a Retry-After that is a date.
    static func outcome(_ response: HTTPResponse, scope: String, now: Instant, _ digester: Digester) -> Outcome {
        switch response.status {
        case 200..<300:
            return .delivered(Proof(answer: "HTTP \(response.status)", facts: ["reply": Digest.hex(digester.sha256(response.body))]))
        // It did not begin with this request, but others may go on.
        case 408, 425: return .deferred(HTTPReasons.later(response.status, farEnd: false), retryAfter: pause(response, now))
        // It has enough, or is not there behind its front.
        case 429, 502, 503, 504, 507: return .deferred(HTTPReasons.later(response.status, farEnd: true), retryAfter: pause(response, now))
        case 401, 403, 407: return .halted(scope: scope, HTTPReasons.notAllowed(response.status))
        // Another address, another method: ours is wrong for every message.
        case 300..<400, 405, 501, 505: return .halted(scope: scope, HTTPReasons.wrongAddress(response.status))
        case 400..<500: return .refused(HTTPReasons.refused(response.status))
        // It failed in the middle: nobody knows what it did before.
        default: return .unknown(HTTPReasons.failed(response.status))
        }
    }

    /// Retry-After, in seconds or as a date (RFC 9110 §10.2.3), at most an hour.
    static func pause(_ response: HTTPResponse, _ now: Instant) -> Duration? {
        guard let text = response.header("Retry-After") else { return nil }
        let seconds = Int64(text) ?? HTTPDate.seconds(text).map { $0 - now.milliseconds / 1000 }
        return seconds.map { .seconds(min(max($0, 0), 3600)) }
    }
}

/// Reasons of the sender itself.
enum HTTPReasons {
    static func later(_ status: Int, farEnd: Bool) -> Reason {
        let text = Text(fr: "Le destinataire demande d'attendre (HTTP \(status))", en: "The far end asks to wait (HTTP \(status))")
        return Reason(farEnd ? Reasons.farEndAwayCode : "P0665", text)
    }
    static func notAllowed(_ status: Int) -> Reason {
        Reason("P0666", Text(fr: "Le destinataire ne nous admet pas (HTTP \(status))", en: "The far end does not let us in (HTTP \(status))"))
    }
    static func wrongAddress(_ status: Int) -> Reason {
        Reason("P0667", Text(fr: "L'adresse ou la méthode ne convient pas (HTTP \(status))", en: "Address or method do not fit (HTTP \(status))"))
    }
    static func refused(_ status: Int) -> Reason {
        Reason("P0668", Text(fr: "Le destinataire refuse le message (HTTP \(status))", en: "The far end refuses the message (HTTP \(status))"))
    }
    static func failed(_ status: Int) -> Reason {
        Reason("P0669", Text(fr: "Le destinataire a échoué en traitant le message (HTTP \(status))", en: "The far end failed on the message (HTTP \(status))"))
    }
    static func unanswered(_ words: String) -> Reason {
        Reason("P0670", Text(fr: "Pas de réponse après le départ de la requête", en: "No answer after the request left"), detail: words)
    }
    static func setup(_ words: String) -> Reason {
        Reason(
            "P0671",
            Text(
                fr: "Certificat refusé ou illisible, du destinataire ou de nous, ou requête impossible",
                en: "A certificate was refused or cannot be read, the far end's or ours, or the request is impossible"), detail: words)
    }
    static func noIdentity(_ name: String) -> Reason {
        Reason(
            "P0672", Text(fr: "L'établissement n'a pas de certificat « \(name) » (identities)", en: "The facility has no certificate \"\(name)\" (identities)"))
    }
}
