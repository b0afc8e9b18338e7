// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// Sockets of datagrams, of which both kernels say the same.
@Suite(.onCapableKernels) struct DatagramContracts {
  /// Senders, lengths, and what does not fit.
  enum Single<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, address) = try stage.boundDatagrams(over: F.self)
      let (second, target) = try stage.boundDatagrams(over: F.self)
      try stage.receiveDatagram("nothing", from: second, over: F.self)
      for byteCount in [5, 0, 100, 101] {
        try stage.sendDatagram("send", byteCount, from: first, to: target)
        try stage.receiveDatagram("receive", from: second, sender: address, over: F.self)
      }
      for options in [Request.Options.fullLength, []] {
        try stage.sendDatagram("long", 50, from: first, to: target)
        try stage.receiveDatagram(
          "cut", from: second, room: 7, sender: address, over: F.self, options: options)
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
  enum Multishot<F: Family>: Script {
    static var buffers: (count: Int, byteCount: Int) { (4, F.isUnix ? 160 : 64) }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, address) = try stage.boundDatagrams(over: F.self)
      let (second, target) = try stage.boundDatagrams(over: F.self)
      let layout = Stage<K>.layout(over: F.self)
      let template = MessageTemplate(layout)
      for options in [Request.Options.fullLength, []] {
        stage.submit(
          "many",
          template.receiveMultishot(.file(second), bufferGroup: 0, options: options))
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
  enum SmallBuffers<F: Family>: Script {
    static var buffers: (count: Int, byteCount: Int) { (4, 24) }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, _) = try stage.boundDatagrams(over: F.self)
      let (second, target) = try stage.boundDatagrams(over: F.self)
      let template = MessageTemplate(Stage<K>.layout(over: F.self))
      for name in ["nothing there", "small"] {
        stage.submit(name, template.receiveMultishot(.file(second), bufferGroup: 0))
        try stage.complete()
        try stage.sendDatagram("send", 5, from: first, to: target)
      }
      stage.submit("no group", template.receiveMultishot(.file(second), bufferGroup: 9))
      try stage.complete()
      for name in ["still there", "another"] { try stage.receive(name, from: second) }
      stage.close(first, second)
    }
  }

  /// A socket with a peer hears of nobody else, and sends without an address.
  enum Connected<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, address) = try stage.boundDatagrams(over: F.self)
      let (second, target) = try stage.boundDatagrams(over: F.self)
      let (third, stranger) = try stage.boundDatagrams(over: F.self)
      try stage.sendDatagram("without a peer", 5, from: first)
      try stage.calls.connect(first, to: target)
      stage.addresses("first", of: first)
      try stage.sendDatagram("to the peer", 5, from: first)
      try stage.receiveDatagram("peer", from: second, sender: address, over: F.self)
      try stage.sendDatagram("to another", 6, from: first, to: stranger)
      try stage.receiveDatagram("another", from: third, sender: address, over: F.self)
      try stage.sendDatagram("from another", 7, from: third, to: address)
      try stage.sendDatagram("from the peer", 8, from: second, to: address)
      try stage.receiveDatagram("first", from: first, sender: target, over: F.self)
      try stage.receiveDatagram("first", from: first, sender: target, over: F.self)
      stage.close(first, second, third)
    }
  }

  /// Nobody is there: told once, to whoever asks first.
  enum Refused<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, _) = try stage.boundDatagrams(over: F.self)
      let (second, target) = try stage.boundDatagrams(over: F.self)
      try stage.calls.connect(first, to: target)
      stage.close(second)
      stage.settle()
      try stage.sendDatagram("to nobody", 5, from: first)
      try stage.receiveDatagram("told", from: first, over: F.self)
      try stage.receiveDatagram("once", from: first, over: F.self)
      try stage.sendDatagram("to nobody", 5, from: first)
      try stage.sendDatagram("again", 5, from: first)
      try stage.look("first", first)
      let (third, _) = try stage.boundDatagrams(over: F.self)
      try stage.sendDatagram("unconnected", 5, from: third, to: target)
      try stage.sendDatagram("told nothing", 5, from: third, to: target)
      stage.close(first, third)
    }
  }

  /// Datagrams that are too large, and addresses that are none.
  enum TooLarge: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (first, _) = try stage.boundDatagrams(over: OverTCP.self)
      let (second, target) = try stage.boundDatagrams(over: OverTCP.self)
      try stage.sendDatagram("largest", 65507, from: first, to: target)
      try stage.sendDatagram("larger", 65508, from: first, to: target)
      try stage.sendDatagram("no port", 5, from: first, to: .loopback(port: 0))
      stage.close(first, second)
    }
  }

  /// A Unix-domain socket whose queue is full has its senders wait.
  enum FullQueue: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let near = try stage.datagramSocket(over: OverUnix.self)
      let (far, address) = try stage.boundDatagrams(over: OverUnix.self)
      try stage.calls.connect(near, to: address)
      for _ in 0..<11 { try stage.sendDatagram("send", 5, from: near) }
      try stage.sendDatagram("full", 5, from: near)
      try stage.receiveDatagram("receive", from: far, over: OverUnix.self)
      try stage.sendDatagram("room", 6, from: near)
      for _ in 0..<10 {
        try stage.receiveDatagram("receive", from: far, over: OverUnix.self)
      }
      try stage.receiveDatagram("last", from: far, over: OverUnix.self)
      stage.close(near, far)
    }
  }

  /// Two that are each other's peers do not wait for a queue, and one notices that the other closes.
  enum Pair: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (near, far) = try stage.calls.makeDatagramPair()
      for _ in 0..<14 { try stage.sendDatagram("send", 5, from: near) }
      for _ in 0..<14 {
        try stage.receiveDatagram("receive", from: far, over: OverUnix.self)
      }
      stage.close(near)
      try stage.receiveDatagram("nothing", from: far, over: OverUnix.self)
      try stage.sendDatagram("gone", 5, from: far)
      try stage.sendDatagram("no peer", 5, from: far)
      stage.close(far)
    }
  }

  @Test func single() throws {
    try Contract.check(Single<OverTCP>.self)
    try Contract.check(Single<OverUnix>.self)
  }

  @Test func multishot() throws {
    try Contract.check(Multishot<OverTCP>.self)
    try Contract.check(Multishot<OverUnix>.self)
  }

  @Test func smallBuffers() throws {
    try Contract.check(SmallBuffers<OverTCP>.self)
    try Contract.check(SmallBuffers<OverUnix>.self)
  }

  @Test func connected() throws {
    try Contract.check(Connected<OverTCP>.self)
    try Contract.check(Connected<OverUnix>.self)
  }

  @Test func refused() throws {
    try Contract.check(Refused<OverTCP>.self)
    try Contract.check(Refused<OverUnix>.self)
  }

  @Test func tooLarge() throws {
    try Contract.check(TooLarge.self)
  }

  @Test func pair() throws {
    try Contract.check(Pair.self)
  }

  // The length of a queue is the machine's (net.unix.max_dgram_qlen).
  @Test(.enabled(if: hasShortQueues, "the queues of this machine have another length"))
  func fullQueue() throws {
    try Contract.check(FullQueue.self)
  }

  private static let hasShortQueues: Bool = {
    guard let file = unsafe fopen("/proc/sys/net/unix/max_dgram_qlen", "r") else { return false }
    defer { unsafe fclose(file) }
    return unsafe fgetc(file) == 0x31 && fgetc(file) == 0x30 && fgetc(file) == 0x0a
  }()
}
