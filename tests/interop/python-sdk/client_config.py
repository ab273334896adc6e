# The configuration that the Python SDK imports; interop.py fills in what differs from run to run.
from eth_utils.crypto import set_crypto_type


class client_config:
    crypto_type = ssl_type = "ECDSA"
    set_crypto_type(crypto_type)
    logdir = "logs"
    contract_dir = "contracts"
    contract_info_file = "contract.ini"
    account_keyfile_path = "accounts"
    account_keyfile = account_password = gm_account_keyfile = gm_account_password = ""
    solc_path = gm_solc_path = solcjs_path = ""
    background = True
    PROTOCOL_RPC = "rpc"
    PROTOCOL_CHANNEL = "channel"
    fiscoChainId = groupid = 1
    client_protocol = PROTOCOL_CHANNEL
    remote_rpcurl = ""
    channel_host = "127.0.0.1"
    channel_port = 0
    channel_ca = channel_node_cert = channel_node_key = channel_en_crt = channel_en_key = ""
