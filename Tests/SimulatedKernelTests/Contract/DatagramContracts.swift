// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// Sockets of datagrams, of which both kernels say the same.
@Suite(.onCapableKernels) struct DatagramContracts {
  /// Senders, lengths, and what does not fit.
  @Test(arguments: Family.allCases) func single(family: Family) throws {
    try Contract.check { stage in
      let (first, address) = try stage.boundDatagrams(over: family)
      let (second, target) = try stage.boundDatagrams(over: family)
      try stage.receiveDatagram("nothing", from: second, over: family)
      for byteCount in [5, 0, 100, 101] {
        try stage.sendDatagram("send", byteCount, from: first, to: target)
        try stage.receiveDatagram("receive", from: second, sender: address, over: family)
      }
      for options in [Request.Options.fullLength, []] {
        try stage.sendDatagram("long", 50, from: first, to: target)
        try stage.receiveDatagram(
          "cut", from: second, room: 7, sender: address, over: family, options: options)
      }
      try stage.look("second", second)
      try stage.sendDatagram("another", 9, from: first, to: target)
      try stage.look("second", second)
      try stage.receive("plain", from: second, byteCount: 4)
      try stage.receive("and no rest", from: second, byteCount: 4)
      stage.close(first, second)
    }
  }

  /// One request for many datagrams: cut ones go on, an empty one ends it.
  @Test(arguments: Family.allCases) func multishot(family: Family) throws {
    try Contract.check(buffers: (4, family == .unix ? 160 : 64)) { stage in
      let (first, address) = try stage.boundDatagrams(over: family)
      let (second, target) = try stage.boundDatagrams(over: family)
      let layout = Stage.layout(over: family)
      let template = MessageTemplate(layout)
      for options in [Request.Options.fullLength, []] {
        stage.submit(
          "many", template.receiveMultishot(.file(second), bufferGroup: 0, options: options))
        try stage.completeAtOnce()
        for byteCount in [5, 32, 33, 0] {
          stage.kernel.provide(from: stage.pool)
          try stage.startDatagram("send", byteCount, from: first, to: target)
          try stage.complete()
          try stage.completeDatagram("many", sender: address, layout)
        }
      }
      stage.close(first, second)
    }
  }

  /// Buffers without room for the header, and none at all.
  @Test(arguments: Family.allCases) func smallBuffers(family: Family) throws {
    try Contract.check(buffers: (4, 24)) { stage in
      let (first, _) = try stage.boundDatagrams(over: family)
      let (second, target) = try stage.boundDatagrams(over: family)
      let template = MessageTemplate(Stage.layout(over: family))
      for name in ["nothing there", "small"] {
        try stage.perform(name, template.receiveMultishot(.file(second), bufferGroup: 0))
        try stage.sendDatagram("send", 5, from: first, to: target)
      }
      try stage.perform("no group", template.receiveMultishot(.file(second), bufferGroup: 9))
      for name in ["still there", "another"] { try stage.receive(name, from: second) }
      stage.close(first, second)
    }
  }

  /// A socket with a peer hears of nobody else, and sends without an address.
  @Test(arguments: Family.allCases) func connected(family: Family) throws {
    try Contract.check { stage in
      let (first, address) = try stage.boundDatagrams(over: family)
      let (second, target) = try stage.boundDatagrams(over: family)
      let (third, stranger) = try stage.boundDatagrams(over: family)
      try stage.sendDatagram("without a peer", 5, from: first)
      try stage.calls.connect(first, to: target)
      stage.addresses("first", of: first)
      try stage.sendDatagram("to the peer", 5, from: first)
      try stage.receiveDatagram("peer", from: second, sender: address, over: family)
      try stage.sendDatagram("to another", 6, from: first, to: stranger)
      try stage.receiveDatagram("another", from: third, sender: address, over: family)
      try stage.sendDatagram("from another", 7, from: third, to: address)
      try stage.sendDatagram("from the peer", 8, from: second, to: address)
      try stage.receiveDatagram("first", from: first, sender: target, over: family)
      try stage.receiveDatagram("first", from: first, sender: target, over: family)
      stage.close(first, second, third)
    }
  }

  /// Nobody is there: told once, to whoever asks first.
  @Test(arguments: Family.allCases) func refused(family: Family) throws {
    try Contract.check { stage in
      let (first, _) = try stage.boundDatagrams(over: family)
      let (second, target) = try stage.boundDatagrams(over: family)
      try stage.calls.connect(first, to: target)
      stage.close(second)
      stage.settle()
      try stage.sendDatagram("to nobody", 5, from: first)
      try stage.receiveDatagram("told", from: first, over: family)
      try stage.receiveDatagram("once", from: first, over: family)
      try stage.sendDatagram("to nobody", 5, from: first)
      try stage.sendDatagram("again", 5, from: first)
      try stage.look("first", first)
      let (third, _) = try stage.boundDatagrams(over: family)
      try stage.sendDatagram("unconnected", 5, from: third, to: target)
      try stage.sendDatagram("told nothing", 5, from: third, to: target)
      stage.close(first, third)
    }
  }

  /// Datagrams that are too large, and addresses that are none.
  @Test func tooLarge() throws {
    try Contract.check { stage in
      let (first, _) = try stage.boundDatagrams(over: .tcp)
      let (second, target) = try stage.boundDatagrams(over: .tcp)
      try stage.sendDatagram("largest", 65507, from: first, to: target)
      try stage.sendDatagram("larger", 65508, from: first, to: target)
      try stage.sendDatagram("no port", 5, from: first, to: .loopback(port: 0))
      stage.close(first, second)
    }
  }

  /// A Unix-domain socket whose queue is full has its senders wait.
  // The length of a queue is the machine's (net.unix.max_dgram_qlen).
  @Test(.enabled(if: hasShortQueues, "the queues of this machine have another length"))
  func fullQueue() throws {
    try Contract.check { stage in
      let near = try stage.datagramSocket(over: .unix)
      let (far, address) = try stage.boundDatagrams(over: .unix)
      try stage.calls.connect(near, to: address)
      for _ in 0..<11 { try stage.sendDatagram("send", 5, from: near) }
      try stage.sendDatagram("full", 5, from: near)
      try stage.receiveDatagram("receive", from: far, over: .unix)
      try stage.sendDatagram("room", 6, from: near)
      for _ in 0..<10 {
        try stage.receiveDatagram("receive", from: far, over: .unix)
      }
      try stage.receiveDatagram("last", from: far, over: .unix)
      stage.close(near, far)
    }
  }

  /// Two that are each other's peers do not wait for a queue, and one notices that the other closes.
  @Test func pair() throws {
    try Contract.check { stage in
      let (near, far) = try stage.calls.makeDatagramPair()
      for _ in 0..<14 { try stage.sendDatagram("send", 5, from: near) }
      for _ in 0..<14 {
        try stage.receiveDatagram("receive", from: far, over: .unix)
      }
      stage.close(near)
      try stage.receiveDatagram("nothing", from: far, over: .unix)
      try stage.sendDatagram("gone", 5, from: far)
      try stage.sendDatagram("no peer", 5, from: far)
      stage.close(far)
    }
  }

  private static let hasShortQueues: Bool = {
    guard let file = unsafe fopen("/proc/sys/net/unix/max_dgram_qlen", "r") else { return false }
    defer { unsafe fclose(file) }
    return unsafe fgetc(file) == 0x31 && fgetc(file) == 0x30 && fgetc(file) == 0x0a
  }()
}
