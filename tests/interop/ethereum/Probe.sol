// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// What Ethereum clients are tried on: views, events with indexed parameters, and each way to fail.
contract Probe {
    error Refused(address who, uint256 limit);
    event Stored(address indexed by, uint256 indexed key, string text);

    mapping(uint256 => string) private texts;
    uint256 public count;

    constructor(string memory first) {
        texts[0] = first;
    }

    function store(uint256 key, string memory text) public {
        texts[key] = text;
        count += 1;
        emit Stored(msg.sender, key, text);
    }

    function get(uint256 key) public view returns (string memory text, uint256 changes) {
        return (texts[key], count);
    }

    function mustBeSmall(uint256 n) public view returns (uint256) {
        require(n < 10, "too large");
        if (n == 5) revert Refused(msg.sender, 5);
        return 2 * n;
    }

    function divide(uint256 a, uint256 b) public pure returns (uint256) {
        return a / b;
    }
}
