import Testing

@testable import Pipeline

@Suite("What a lease allows")
struct LeasesTests {
    private func leases(epochs: [Int64]) -> Leases {
        let leases = Leases(Lease(epoch: 1, epochs: epochs), isShared: true)
        let news = LeaseNews(
            lease: Lease(epoch: 1, epochs: epochs), until: 9_000_000_000, sure: 2_000_000_000, gained: [], lost: [], surplus: [], hasParked: false)
        leases.update(news, leaving: [])
        return leases
    }

    private func delivery(epoch: Int64) -> Delivery {
        var delivery = Sample.delivery(1, lane: 3)
        delivery.epoch = epoch
        return delivery
    }

    @Test("nothing begins once another gateway may take this one for dead, however long its lease still holds")
    func unheard() {
        let leases = leases(epochs: [Int64](repeating: 7, count: Lease.shards)), delivery = delivery(epoch: 7)
        #expect(leases.isSure(uptime: 1_999_999_999) && leases.mayBegin(delivery, lasting: .zero, uptime: 1_999_999_999))
        #expect(!leases.isSure(uptime: 2_000_000_000) && !leases.mayBegin(delivery, lasting: .zero, uptime: 2_000_000_000))
    }

    @Test("an attempt that takes longer than the lease holds does not begin, one that takes longer than the next beat does")
    func long() {
        let leases = leases(epochs: [Int64](repeating: 7, count: Lease.shards)), delivery = delivery(epoch: 7)
        #expect(leases.mayBegin(delivery, lasting: .seconds(7), uptime: 1_000_000_000))
        #expect(!leases.mayBegin(delivery, lasting: .seconds(8), uptime: 1_000_000_000))
    }

    @Test("an attempt that became active under a lease that was lost since does not begin under the next one")
    func regained() {
        var epochs = [Int64](repeating: 7, count: Lease.shards)
        epochs[3] = 8
        let leases = leases(epochs: epochs)
        #expect(!leases.mayBegin(delivery(epoch: 7), lasting: .zero, uptime: 0))
        #expect(leases.mayBegin(delivery(epoch: 8), lasting: .zero, uptime: 0))
        epochs[3] = 0
        leases.update(
            LeaseNews(lease: Lease(epoch: 1, epochs: epochs), until: 9, sure: 9, gained: [], lost: [3], surplus: [], hasParked: false), leaving: [])
        #expect(!leases.mayBegin(delivery(epoch: 0), lasting: .zero, uptime: 0))
    }
}
