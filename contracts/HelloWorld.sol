// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.6.0;

/// What the demo deploys: one word that anyone may read and change, and how often it was changed.
contract HelloWorld {
    string private greeting;
    uint256 public changes;

    event Changed(address indexed by, string from, string to);

    constructor() public {
        greeting = "Hello, World!";
    }

    function get() public view returns (string memory) {
        return greeting;
    }

    function set(string memory text) public {
        emit Changed(msg.sender, greeting, text);
        greeting = text;
        changes = changes + 1;
    }
}
