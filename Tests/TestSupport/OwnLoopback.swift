// SPDX-License-Identifier: Apache-2.0

package import Uring

/// An address of this machine that no other test uses, so that a port that is free on it for a
/// moment stays free: on 127.0.0.1 another test may be given it.
///
/// All of 127.0.0.0/8 is this machine's. At random, because tests run in several processes.
///
/// - Parameter port: A port; 0 lets the kernel choose one at bind.
/// - Returns: The address.
package func ownLoopback(port: UInt16 = 0) -> SocketAddress {
  let (second, third, last) = (
    Int.random(in: 64...127), Int.random(in: 0...255), Int.random(in: 1...254)
  )
  let text = "127.\(second).\(third).\(last):\(port)"
  guard let address = try? SocketAddress(parsing: text) else { fatalError("no address: \(text)") }
  return address
}
