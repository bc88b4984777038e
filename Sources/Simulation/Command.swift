import Glibc

/// The command line of `passerelle-simulate`.
package enum Command {
    private struct Options {
        var seeds = 1000
        var first: UInt64 = 1
        var seed: UInt64?
        var journal: JournalKind?
        var plant: Plant?
        var processes = max(1, min(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 16))
        var isWorker = false
        var showsTrace = false
        var plantsAll = false
    }

    static let help = """
        passerelle-simulate [--seeds N] [--first S] [--seed S] [--journal memory|sqlite|both] [--plant NAME | --plants] [--jobs N] [--trace]

        Fait tourner le moteur entier (intake, routage, ordre, envois, reprise, journal) dans un seul fil, N fois, sous un hasard rejouable :
        pannes, coupures, disque plein ou lent, horloge qui saute, destinataires qui répondent tard, mal ou pas du tout.
        Runs the whole engine (intake, routing, order, sending, recovery, journal) on one thread, N times, under chance that can be replayed:
        crashes, power cuts, a full or slow disk, a clock that jumps, far ends that answer late, wrongly or not at all.

          --seeds N       combien de graines ; how many seeds (1000)
          --first S       la première ; the first of them (1)
          --seed S        celle-là seule, avec sa trace ; this one alone, with its trace
          --journal J     memory, sqlite (le vrai SQLite sur un disque simulé ; the real SQLite on a simulated disk), both (1/4 sqlite)
          --plant NAME    avec une faute plantée ; with a planted fault: \(Plant.allCases.map(\.rawValue).joined(separator: ", "))
          --plants        toutes, l'une après l'autre, chacune à trouver dans les N graines ; all of them in turn, each to be found within the N seeds
          --jobs N        processus ; processes (one for each core)
          --scenario bulk [--documents N] [--seconds S] [--class bulk|today]
                          à la place : S secondes de lettres du jour (600) à côté de N documents d'historique (300 000) ; instead: S seconds of
                          today's letters beside N documents of history; prints both p95
          --trace         avec --seed : la trace entière même sans faute ; with --seed: the whole trace even if nothing is wrong

        Code de sortie ; exit code: 0 rien ; nothing found, 1 trouvé ; found, 2 arguments. Avec ; with --plants: 0 toutes trouvées ; all found, 1 sinon ; else.
        """

    /// Runs the command; its exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        if arguments.first == "--scenario" { return HistoryCommand.run(arguments) }
        guard let options = parse(arguments) else {
            print(help)
            return arguments.contains("--help") || arguments.contains("-h") ? 0 : 2
        }
        // The order of sets and dictionaries differs from process to process unless it is asked for: a seed must replay.
        if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
            setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
            // Files of the fake disk come and go: their memory is kept instead of given back each time.
            setenv("MALLOC_MMAP_THRESHOLD_", "67108864", 0)
            setenv("MALLOC_TRIM_THRESHOLD_", "268435456", 0)
            return again(arguments)
        }
        if let seed = options.seed { return one(seed, options) }
        if options.plantsAll { return plants(options) }
        return options.isWorker ? work(options) : many(options)
    }

    private static func parse(_ arguments: [String]) -> Options? {
        var options = Options(), rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--worker": options.isWorker = true
            case "--trace": options.showsTrace = true
            case "--plants": options.plantsAll = true
            default:
                guard let value = rest.popFirst() else { return nil }
                switch word {
                case "--seeds": options.seeds = Int(value) ?? -1
                case "--first": options.first = UInt64(value) ?? 0
                case "--seed":
                    guard let seed = UInt64(value) else { return nil }
                    options.seed = seed
                case "--jobs": options.processes = Int(value) ?? 0
                case "--journal":
                    guard let kind = JournalKind(rawValue: value) else { return nil }
                    options.journal = kind
                case "--plant":
                    guard let plant = Plant(rawValue: value) else { return nil }
                    options.plant = plant
                default: return nil
                }
            }
        }
        return options.seeds < 0 || options.processes < 1 ? nil : options
    }

    private static func simulator(_ options: Options) -> Simulator {
        Simulator(options.journal ?? options.plant?.journal ?? .both, plant: options.plant)
    }

    /// One seed: its trace.
    private static func one(_ seed: UInt64, _ options: Options) -> Int32 {
        if let found = simulator(options).finding(seed, shrinking: !options.showsTrace) {
            print("seed \(seed), journal \(found.journal)")
            for line in found.trace { print("  " + line) }
            print("NOT ALLOWED: \(found.rule): \(found.what)")
            return 1
        }
        if options.showsTrace { for line in simulator(options).trace(seed) { print(line) } }
        print("seed \(seed): nothing found")
        return 0
    }

    /// A worker: its share of the seeds, one line for each thousand and for the first that finds something.
    private static func work(_ options: Options) -> Int32 {
        let simulator = simulator(options)
        var seed = options.first, done = 0
        for _ in 0..<options.seeds {
            if simulator.fails(seed) {
                say("found \(seed)")
                return 1
            }
            seed += UInt64(options.processes)
            done += 1
            if done % 500 == 0 { say("done 500") }
        }
        say("done \(done % 500)")
        return 0
    }

    private struct Search {
        var found: UInt64?
        var done = 0
        /// A worker died, or could not be started.
        var isBroken = false
    }

    /// Shares the seeds among worker processes: SQLite and the runtime keep state that is global to a process.
    private static func search(_ options: Options, told: (Int) -> Void = { _ in }) -> Search {
        var ends: [Pipe] = [], result = Search()
        for worker in 0..<options.processes {
            let share = options.seeds / options.processes + (worker < options.seeds % options.processes ? 1 : 0)
            if share == 0 { continue }
            var words = ["--worker", "--seeds", "\(share)", "--first", "\(options.first + UInt64(worker))", "--jobs", "\(options.processes)"]
            if let journal = options.journal { words += ["--journal", journal.rawValue] }
            if let plant = options.plant { words += ["--plant", plant.rawValue] }
            guard let pipe = Pipe(words) else { return Search(isBroken: true) }
            ends.append(pipe)
        }
        Pipe.readAll(ends) { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let number = UInt64(words[1]) else { return true }
            if words[0] == "found" {
                result.found = min(result.found ?? number, number)
                return false
            }
            result.done += Int(number)
            told(result.done)
            return true
        }
        let isClean = Pipe.end(ends)
        result.isBroken = result.found == nil && (!isClean || result.done != options.seeds)
        return result
    }

    private static func many(_ options: Options) -> Int32 {
        let start = now()
        var last = 0
        let result = search(options) { done in
            if done - last < 10_000 { return }
            last = done
            say("\(done) seeds, \(rate(done, start)) seeds/s")
        }
        if let found = result.found { return one(found, options) }
        if result.isBroken {
            print("a worker died after \(result.done) seeds")
            return 1
        }
        print("\(result.done) seeds, nothing found, \(rate(result.done, start)) seeds/s")
        return 0
    }

    /// Each planted fault in turn: the seed that finds it, and what the model said.
    private static func plants(_ options: Options) -> Int32 {
        var missed = 0
        for plant in Plant.allCases {
            var one = options
            one.plant = plant
            let result = search(one)
            if let seed = result.found, let finding = simulator(one).finding(seed, shrinking: false) {
                say("\(plant.rawValue): found by seed \(seed): \(finding.rule): \(finding.what)")
            } else {
                missed += 1
                say("\(plant.rawValue): \(result.isBroken ? "a worker died" : "NOT FOUND within \(options.seeds) seeds")")
            }
        }
        print("\(Plant.allCases.count - missed) of \(Plant.allCases.count) planted faults found")
        return missed == 0 ? 0 : 1
    }

    /// A line that is not kept back until there are more of them.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func rate(_ done: Int, _ start: Double) -> Int { Int(Double(done) / max(now() - start, 0.001)) }

    /// Starts this program anew in place of this process, with the environment as it is now.
    private static func again(_ arguments: [String]) -> Int32 {
        var words: [UnsafeMutablePointer<CChar>?] = (["passerelle-simulate"] + arguments).map { strdup($0) } + [nil]
        execv("/proc/self/exe", &words)
        perror("passerelle-simulate")
        return 2
    }
}
