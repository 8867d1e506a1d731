"""What happens to a library when processes are killed, disks fail and the power goes: nothing that was told is lost."""
