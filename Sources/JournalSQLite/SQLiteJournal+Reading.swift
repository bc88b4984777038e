package import Pipeline

/// Bodies and questions: answered by readers on connections of their own, which can neither write nor checkpoint.
extension SQLiteJournal {
    // MARK: Bodies

    package func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)? {
        guard hasRoom else { throw .full }
        return try FileSpool(bodies, id, received: received)
    }

    package func bytes(of message: Message) async throws(JournalError) -> [UInt8] {
        switch message.body {
        case .bytes(let bytes): return try checked(bytes, message)
        case .file(let file):
            let read = try await onDisk { [digester] () throws(JournalError) -> [UInt8]? in
                guard let bytes = try BodyFolder.read(file.path), digester.sha256(bytes) == message.digest else { return nil }
                return bytes
            }
            if let read { return read }
            try await refuseGone(message.seq)
            throw .damaged(message.seq)
        case .stored:
            let seq = message.seq
            let bytes = try await ask { (reader) throws(JournalError) in try reader.body(seq) }
            if let bytes { return try checked(bytes, message) }
            // Who put its bytes down did not know that the journal has them in a file.
            let row = try await ask { (reader) throws(JournalError) in try reader.messageRow(seq: seq) }
            if let filed = row?.message, case .file = filed.body { return try await self.bytes(of: filed) }
            try await refuseGone(seq)
            throw .damaged(seq)
        }
    }

    /// A body that was removed is not damaged.
    private func refuseGone(_ seq: Seq) async throws(JournalError) {
        let removal = try await ask { (reader) throws(JournalError) in try reader.removal(of: seq) }
        if let removal { throw .refused(JournalReasons.gone(removal)) }
    }

    private func checked(_ bytes: [UInt8], _ message: Message) throws(JournalError) -> [UInt8] {
        if digester.sha256(bytes) != message.digest { throw .damaged(message.seq) }
        return bytes
    }

    // MARK: Reading

    func ask<T: Sendable>(
        _ threads: JobThreads<Reader?>? = nil, within limit: UInt64 = 0, _ question: @escaping @Sendable (Reader) throws(JournalError) -> T
    ) async throws(JournalError) -> T {
        let answer = await (threads ?? readers).run { reader -> Result<T, JournalError> in
            guard let reader else { return .failure(.broken("a reader cannot open the journal")) }
            do throws(JournalError) {
                return .success(try reader.snapshot(within: limit) { () throws(JournalError) in try question(reader) })
            } catch {
                return .failure(error)
            }
        }
        guard let answer else { throw .closed }
        return try answer.get()
    }

    package func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        try await ask { (reader) throws(JournalError) in try reader.unrouted(after: seq, limit: limit) }
    }

    package func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        try await ask { (reader) throws(JournalError) in try reader.unrouted(key: key, after: seq, limit: limit) }
    }

    package func lease() async throws(JournalError) -> Lease { Lease(epoch: epoch) }

    package func due(
        _ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) async throws(JournalError) -> [Delivery] {
        try await ask { (reader) throws(JournalError) in
            try reader.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
        }
    }

    package func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery] {
        try await ask { (reader) throws(JournalError) in try reader.following(heads, each: each) }
    }

    package func nextDue(_ lease: Lease) async throws(JournalError) -> Instant? {
        try await ask { (reader) throws(JournalError) in try reader.nextDue() }
    }

    package func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery? {
        try await ask { (reader) throws(JournalError) in try reader.delivery(carrying: tokens) }
    }

    package func find(_ query: Query) async throws(JournalError) -> Page {
        try await ask(consoles, within: patience) { (reader) throws(JournalError) in try reader.find(query) }
    }

    package func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys] {
        try await ask { (reader) throws(JournalError) in try reader.blockedKeys() }
    }

    package func marked() async throws(JournalError) -> Set<Seq> { try await ask { (reader) throws(JournalError) in try reader.marked() } }
}
