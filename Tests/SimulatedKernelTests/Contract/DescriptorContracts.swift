// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing
import Uring

/// Numbers that are closed, and given out again at once.
@Suite(.onCapableKernels) struct DescriptorContracts {
  /// When a close has completed, its number is the next one that is opened.
  @Test func closeRequest() throws {
    try Contract.check(ownDescriptors: true) { stage in
      let (listener, address) = try stage.listener()
      let sockets = try (0..<4).map { _ in try stage.socket() }
      try stage.perform("close", .close(.file(sockets[1])))
      try stage.perform("close again", .close(.file(sockets[1])))
      try stage.perform("poll", .poll(.file(sockets[1]), mask: 1))
      let opened = try stage.socket()
      stage.note("opened: \(opened == sockets[1])")
      stage.submit("close", .close(.file(sockets[0])))
      stage.submit("close", .close(.file(sockets[2])))
      try stage.complete(2)
      // The lowest of two, by an accept this time.
      try stage.connect("connect", sockets[3], to: address)
      let accepted = try stage.accept(from: listener)
      stage.note("accepted: \(accepted == sockets[0])")
      let last = try stage.socket()
      stage.note("opened: \(last == sockets[2])")
      stage.close(opened, accepted, last, sockets[3], listener)
    }
  }

  /// A close under a request: the number is free, although the socket lives on.
  @Test func closeUnderRequest() throws {
    try Contract.check(ownDescriptors: true) { stage in
      let (client, server) = try stage.pair()
      let other = try stage.socket()  // Takes the number of the pair's listener.
      let receive = stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.completeAtOnce()
      try stage.perform("close", .close(.file(server)))
      let opened = try stage.socket()
      stage.note("opened: \(opened == server)")
      try stage.send("send", 5, to: client)
      try stage.complete()
      stage.submit("cancel", .cancel(receive))
      try stage.complete(2)
      stage.close(client, opened, other)
    }
  }

  /// Places of a direct table are given out in another order than descriptors.
  @Test func directTable() throws {
    try Contract.check(directTableCapacity: 4) { stage in
      let (listener, address) = try stage.listener()
      var clients: [FileDescriptor] = []
      let steps: [(closed: [Int32], opened: Int)] = [
        ([], 3), ([0, 1], 2), ([2, 1], 3), ([3, 0], 1), ([], 1),
      ]
      for step in steps {
        for number in step.closed {
          try stage.perform("close \(number)", .close(.direct(number)))
        }
        for _ in 0..<step.opened {
          clients.append(try stage.socket())
          try stage.connect("connect", clients[clients.count - 1], to: address)
          stage.submit("accept", .accept(from: .file(listener), options: .intoDirectTable))
          stage.note("number \(try stage.complete())")
        }
      }
      stage.submit("close", .close(.direct(2)))
      stage.submit("close again", .close(.direct(2)))
      try stage.complete(2)
      for socket in clients + [listener] { stage.close(socket) }
    }
  }

  /// Sockets without a connection, and their addresses.
  @Test(arguments: Family.allCases) func lonely(family: Family) throws {
    try Contract.check { stage in
      let socket = try stage.socket(over: family)
      stage.addresses("lonely", of: socket)
      stage.pendingError("lonely", of: socket)
      try stage.look("lonely", socket)
      try stage.receive("lonely", from: socket)
      try stage.send("lonely", 5, to: socket)
      try stage.perform("accept", .accept(from: .file(socket)))
      let (listener, _) = try stage.listener(over: family)
      stage.addresses("listener", of: listener)
      try stage.receive("listener", from: listener)
      stage.shutDown("lonely", socket)
      stage.close(socket, listener)
      let stranger = try stage.socket(over: family)
      do {
        try stage.calls.listen(stranger, backlog: 1)
        stage.addresses("unbound listener", of: stranger)
      } catch {
        stage.note("unbound listener: \(error)")
      }
      stage.close(stranger)
    }
  }

  /// A one-shot accept stores who has come, and several in one batch do so in memory of their own.
  @Test(arguments: Family.allCases) func acceptedAddress(family: Family) throws {
    try Contract.check(directTableCapacity: 1) { stage in
      let (listener, address) = try stage.listener(over: family)
      let clients = try (0..<4).map { _ in try stage.socket(over: family) }
      var accepted: [FileDescriptor] = []
      let optionsOfClients: [Request.Options] = [[], .intoDirectTable, .intoDirectTable, []]
      for (client, options) in zip(clients, optionsOfClients) {
        let memory = Uring.AcceptedAddress()
        unsafe stage.submit(
          "accept", .accept(from: .file(listener), options: options, addressInto: memory.address))
        if options.isEmpty { try stage.completeAtOnce() }
        stage.note("before: \(memory.socketAddress == nil)")
        try stage.startConnect("connect", client, to: address)
        try stage.completeSorted(2) {
          if $0.token.operation == .accept, options.isEmpty {
            accepted.append(FileDescriptor(rawValue: $0.result))
          }
        }
        stage.note("stored: \(memory.socketAddress == (try stage.calls.localAddress(of: client)))")
      }
      for socket in clients + accepted + [listener] { stage.close(socket) }
    }
  }

  /// Who has reset the connection before the accept is known all the same.
  @Test func acceptedAfterReset() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      let local = try stage.calls.localAddress(of: client)
      stage.close(client)
      stage.settle()
      let memory = Uring.AcceptedAddress()
      let server = FileDescriptor(
        rawValue: try unsafe stage.perform(
          "accept", .accept(from: .file(listener), addressInto: memory.address)))
      stage.note("stored: \(memory.socketAddress == local)")
      stage.addresses("server", of: server)
      try stage.send("first", 5, to: server)
      stage.settle()
      stage.addresses("server", of: server)
      stage.close(server, listener)
    }
  }
}
