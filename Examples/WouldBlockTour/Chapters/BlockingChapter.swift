// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Blocking calls, a thread for each connection.
enum BlockingChapter {
  static func run(telling narration: inout Narration) throws {
    narration.chapter("1. Blocking calls, a thread for each connection: the thread sleeps")
    try accept(&narration)
    try receive(&narration)
    try send(&narration)
    try connect(&narration)
  }

  private static func accept(_ narration: inout Narration) throws {
    let listener = try BlockingSocket.listen()
    let thread = try WaitingThread { try listener.accept() }
    try thread.waitUntilAsleep()
    let client = try BlockingSocket.connected(to: listener.address)
    let server = try thread.value()
    _ = try client.send([42])
    try expect(try server.receive() == [42], "the client's byte on the accepted connection")
    narration.tell("accept", "sleeps while the queue is empty; a client's connect wakes it")
  }

  private static func receive(_ narration: inout Narration) throws {
    let connection = try Connection()
    let thread = try WaitingThread { try connection.server.receive() }
    try thread.waitUntilAsleep()
    _ = try connection.client.send([1, 2, 3])
    try expect(try thread.value() == [1, 2, 3], "three bytes")
    narration.tell("recv", "sleeps while the receive buffer is empty; bytes wake it")
  }

  private static func send(_ narration: inout Narration) throws {
    let connection = try Connection()
    let thread = try WaitingThread {
      let count = try connection.client.send(Pattern.bytes)
      connection.client.finishSending()
      return count
    }
    try thread.waitUntilAsleep()
    try connection.server.receivePattern()
    try expect(try thread.value() == Pattern.byteCount, "one send for all bytes")
    narration.tell("send", "sleeps while the peer does not read; then every byte arrived, in order")
  }

  private static func connect(_ narration: inout Narration) throws {
    let listener = try FullListener()
    let thread = try WaitingThread { [address = listener.address] in
      try BlockingSocket.connected(to: address)
    }
    try thread.waitUntilAsleep()
    try listener.makeRoom()
    _ = try thread.value()
    narration.tell("connect", "sleeps while the listener's queue is full; room in it wakes it")
  }
}
