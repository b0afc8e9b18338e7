// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO

/// A turn of a loop in a simulation that has just been made.
package struct SimulatedTurn {
  /// The loop that was turned.
  let loop: CompletionLoop
  let kernel: DrivenKernel
  package let machine: SimulatedMachine

  /// What is wrong with the places of the loop's flights and buffers; `nil` if each is in one.
  package var problem: String? { kernel.problem(of: loop) }
}
