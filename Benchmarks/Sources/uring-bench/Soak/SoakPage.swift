// SPDX-License-Identifier: Apache-2.0

/// A soak as a page for people.
struct SoakPage {
  private let result: SoakResult

  init(_ result: SoakResult) { self.result = result }

  var markdown: String {
    """
    # Soak

    \(introduction)

    ## What it does

    Servers run on one group of loops and clients on another, in one process, through the public
    interface. \(result.settings.lanes) connections at a time, drawn from the seed, live for one
    message or for thousands, of 1 B to 1 MiB, one at a time or pipelined. They go over TCP and
    Unix-domain sockets to servers made of tasks and of handlers, some of them through a relay.
    They close, half-close, linger, reset, and leave in the middle; they read slowly, wait in vain
    up to a deadline, and have receives and sends cancelled. Servers leave in the middle too.
    \(result.settings.datagramLanes) sockets have datagrams echoed, and timers run, move and end.
    Every byte that comes back is compared with the one that was sent.

    At each point everything has been let finish. Descriptors, operations with the kernel, waits,
    timers, sockets, served connections, leased buffers and queued bytes must then be exactly what
    they were at the first point. Loops keep up to 8 pipes each for relays, which are counted apart.

    Memory may differ: by the pools (\(Numeral.bytes(result.settings.poolBytes))), whose pages count
    once they are used, and by \(Numeral.bytes(2 * SoakJudgement.heapTolerance)) that malloc may keep
    in its arenas. What malloc has handed out may differ by
    \(Numeral.bytes(SoakJudgement.heapTolerance)). In a run of an hour neither may be higher in the
    last third than in the middle one: a slow leak shows there first.

    ## Points

    \(table)

    ## Errors that the soak has asked for

    \(errors)

    \(verdict)

    """
  }

  private var introduction: String {
    let settings = result.settings
    let minutes = Numeral.short(settings.minutes)
    var text = "`uring-bench soak --minutes \(minutes) --loops \(settings.loops)"
    text += " --seed \(settings.seed)`"
    if let machine = result.machine {
      text += ", \(machine.date), Linux \(machine.kernel), \(machine.cpus) CPUs"
      if let commit = machine.commit { text += ", commit \(commit)" }
    }
    return text + "."
  }

  private var table: String {
    let headings = [
      "minute", "messages", "verified", "connections", "datagrams lost", "timers", "RSS", "heap",
      "descriptors", "operations", "unexpected errors",
    ]
    let rows = result.points.map { point in
      let counts = point.counts
      return [
        Numeral.fixed(point.minutes, 1), Numeral.grouped(Double(counts.messages)),
        Numeral.bytes(counts.bytes), Numeral.grouped(Double(counts.connections)),
        "\(counts.lostDatagrams) of \(Numeral.grouped(Double(counts.datagrams)))",
        Numeral.grouped(Double(counts.timers)), Numeral.bytes(point.memory.residentBytes),
        Numeral.bytes(point.memory.heapBytes), "\(point.holdings.descriptors)",
        "\(point.holdings.operations)", "\(counts.unexpectedErrorCount)",
      ]
    }
    let ruler = ["--:"] + Array(repeating: "--:", count: headings.count - 1)
    return ([headings, ruler] + rows).map { "| \($0.joined(separator: " | ")) |" }
      .joined(separator: "\n")
  }

  private var errors: String {
    let errors = result.points.last?.counts.expectedErrors ?? [:]
    let lines = errors.sorted { $0.key < $1.key }.map { kind, count in
      "- \(kind): \(Numeral.grouped(Double(count)))"
    }
    return lines.joined(separator: "\n")
  }

  private var verdict: String {
    guard !result.faults.isEmpty else {
      return "No byte was wrong or lost, nothing was left behind, and no other error happened."
    }
    return "Faults:\n\n" + result.faults.map { "- \($0)" }.joined(separator: "\n")
  }
}
