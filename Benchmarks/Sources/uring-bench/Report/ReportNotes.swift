// SPDX-License-Identifier: Apache-2.0

/// What the figures mean and what they do not.
enum ReportNotes {
  static func html(_ settings: CompareSettings) -> String {
    let base = settings.base.rawValue
    let notes = [
      "<b>One measurement</b> is a fresh server process under a fresh load process. Engines take "
        + "turns within a round, a different one first each round. Rates and CPU are medians of "
        + "the rounds, the best of a group in bold; the thin bars in the plots are the extremes. "
        + "Percentiles are over the messages of all rounds. In the plots, engines stand a little "
        + "apart sideways at each number of connections.",
      "<b>CPU µs/msg</b> is the CPU time of the whole server process, kernel included, for a "
        + "message. On loopback the sender also runs the receiver's TCP, so most of it is TCP and "
        + "the same for every engine.",
      "<b>vs \(base)</b> is that engine's CPU for a message over this one's, paired round by "
        + "round: above 1 is cheaper. The pairs stand the pace of a busy machine better than any "
        + "absolute figure here.",
      "<b>calls/msg</b> is system calls, or ring enters, as the engine counts them in the "
        + "measured window; “–” where it cannot.",
      "<b>RSS B/conn</b> is what the process grew by for a connection, from 1,000 connections on. "
        + "Sockets, armed requests and the kernel stacks of threads are kernel memory and not in it.",
      "<b>Latency</b> is from handing a message to the kernel to having its last byte back. With "
        + "every connection always busy it is connections over rate; at 1 connection it is the "
        + "wake-up time of both ends.",
    ]
    return "<h2>Reading this page</h2><ul>"
      + notes.map { "<li>\($0)</li>" }.joined() + "</ul>"
  }
}
