"""What a trained model's folder holds, for those who write one, serve one or hand it out."""
