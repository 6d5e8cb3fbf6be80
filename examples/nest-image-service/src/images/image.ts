import { IsIn, IsOptional, IsString, Length } from 'class-validator';

export class CreateImage {
  @IsString()
  @Length(1, 255)
  name!: string;

  @IsOptional()
  @IsIn(['raw', 'qcow2', 'iso'])
  disk_format?: string;
}

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly disk_format: string;
  readonly status: 'queued' | 'active';
  readonly size: number;
}
