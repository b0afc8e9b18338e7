// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Blocking calls that give up after a while.
enum TimeoutChapter {
  private static let milliseconds = 20

  static func run(telling narration: inout Narration) throws {
    narration.chapter("2. Blocking calls with a timeout, Python's settimeout: they give up")
    try accept(&narration)
    try receive(&narration)
    try send(&narration)
    try connect(&narration)
  }

  private static func accept(_ narration: inout Narration) throws {
    let listener = try BlockingSocket.listen()
    try listener.setTimeout(milliseconds: milliseconds)
    let error = try refusal { _ = try listener.accept() }
    narration.tell("accept", "with an empty queue ends with \(error.inFullAfterTimeout)")
  }

  private static func receive(_ narration: inout Narration) throws {
    let connection = try Connection()
    try connection.server.setTimeout(milliseconds: milliseconds)
    let error = try refusal { _ = try connection.server.receive() }
    narration.tell("recv", "without bytes ends with \(error.inFullAfterTimeout)")
  }

  private static func send(_ narration: inout Narration) throws {
    let connection = try Connection()
    try connection.client.setTimeout(milliseconds: milliseconds)
    var sentCount = try connection.client.send(Pattern.bytes)
    try expect(sentCount < Pattern.byteCount, "a part of the bytes")
    narration.tell("send", "to a peer that does not read ends with a part sent, and says how much")
    let error = try refusal {
      while true { sentCount += try connection.client.send(Pattern.bytes, from: sentCount) }
    }
    narration.tell("send", "of the rest ends with \(error.inFullAfterTimeout)")
    try sendRest(from: sentCount, over: connection)
    narration.tell("send", "again while the peer reads: every byte arrived, in order")
  }

  private static func sendRest(from start: Int, over connection: Connection) throws {
    let reader = try connection.startReader()
    var sentCount = start
    try connection.client.setTimeout(milliseconds: 0)  // For ever (socket(7), SO_SNDTIMEO).
    while sentCount < Pattern.byteCount {
      sentCount += try connection.client.send(Pattern.bytes, from: sentCount)
    }
    connection.client.finishSending()
    try reader.value()
  }

  private static func connect(_ narration: inout Narration) throws {
    let listener = try FullListener()
    let socket = try BlockingSocket()
    try socket.setTimeout(milliseconds: milliseconds)
    let error = try refusal { try socket.connect(to: listener.address) }
    narration.tell("connect", "to a full queue ends with \(error.inFullAfterTimeout)")
    narration.tell("connect", "goes on in the kernel all the same: such a socket is closed")
  }

  /// The errno that a call must end with.
  private static func refusal(_ call: () throws -> Void) throws -> Errno {
    do {
      try call()
    } catch let error as Errno {
      return error
    }
    throw TourError("expected: an error after \(milliseconds) ms")
  }
}
