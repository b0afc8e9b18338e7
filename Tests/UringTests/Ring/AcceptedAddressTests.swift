// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Accepts that store their peer's address.
@Suite struct AcceptedAddressTests {
  @Test func ofAFile() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    let peer = AcceptedAddress()
    expectNothing(in: peer)
    for slot in 1...2 {
      peer.reset()
      unsafe try ring.submit(
        .accept(from: listener.target, addressInto: peer.address), slot: slot)
      #expect(ring.reapAll() == [], "waits for a connection")
      let client = try PlainSocket.connected(to: listener.localAddress)
      let local = try client.localAddress
      let accepted = try #require(try ring.next().first)
      let file = FileDescriptor(rawValue: accepted.result)
      defer { try? file.close() }
      #expect(fcntl(accepted.result, F_GETFD) & FD_CLOEXEC != 0)
      let stored = peer.socketAddress
      #expect(stored == local)
      #expect(try stored == .peer(of: file))
    }
  }

  @Test(.needs(.directDescriptors)) func ofADirectDescriptor() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 2)
    let listener = try PlainSocket.listening()
    let peer = AcceptedAddress()
    for place in 0..<2 {
      peer.reset()
      let client = try PlainSocket.connected(to: listener.localAddress)
      let local = try client.localAddress
      unsafe try ring.submit(
        .accept(
          from: listener.target, options: .intoDirectTable, addressInto: peer.address))
      let accepted = try #require(try ring.next().first)
      #expect(accepted.result == Int32(place), "the next place of the table")
      #expect(!accepted.hasMore)
      let stored = peer.socketAddress
      #expect(stored == local)
    }
  }

  @Test func ofAPeerWithoutAName() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening(at: .abstract())
    let client = HeldSocket(try .connected(to: listener.localAddress))
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: listener.target, addressInto: peer.address))
    let accepted = try #require(try ring.next().first)
    #expect(accepted.error == nil)
    try? FileDescriptor(rawValue: accepted.result).close()
    let stored = peer.socketAddress
    #expect(stored?.isUnixDomain == true)
    #expect(stored?.description == "unix:")
    withExtendedLifetime(client) {}
  }

  @Test func ofAPeerThatHasReset() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    let client = try PlainSocket.connected(to: listener.localAddress)
    let address = try client.localAddress
    client.reset()
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: listener.target, addressInto: peer.address))
    let accepted = try #require(try ring.next().first)
    #expect(accepted.error == nil)
    try? FileDescriptor(rawValue: accepted.result).close()
    let stored = peer.socketAddress
    #expect(stored == address)
  }

  @Test func nothingIsStoredByAnAcceptThatFails() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: .file(pair.near), addressInto: peer.address))
    #expect(try ring.next().first?.error == .invalidArgument)
    expectNothing(in: peer)
  }

  private func expectNothing(in peer: borrowing AcceptedAddress) {
    let stored = peer.socketAddress
    #expect(stored == nil)
  }
}
